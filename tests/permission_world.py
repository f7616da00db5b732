"""Everybody, every moment and every kind of subject, in memory: what the permission tables are read against."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from lab.accounts.operations import Scope
from lab.challenges.phases import Activity, Override, Phase, Stage
from lab.challenges.queries import ChallengeView
from lab.comments.models import DEPTH_LIMIT
from lab.contributions.models import Kind, State
from lab.core.actors import SYSTEM, Actor, Assurance, Role
from lab.ideas.operations import Proposal
from lab.votes.models import Method, Purpose
from lab.votes.queries import BallotView, Choice

NOW = datetime(2026, 12, 1, tzinfo=UTC)
LATER = NOW.replace(year=2027)
HERE, ELSEWHERE = 7, 8
AUTHOR = 1


def _staff(number: int, role: Role, challenge_id: int | None = None) -> Actor:
    return Actor(number, assurance=Assurance.CONFIRMED, consented=True, grants=frozenset({(role, challenge_id)}))


# `here` holds the role for this challenge only, `elsewhere` for another one, the others for the whole lab.
PEOPLE: dict[str, Actor] = {
    "stranger": Actor(guest_key="k"),
    "guest": Actor(20, "k", consented=True),
    "newcomer": Actor(21, assurance=Assurance.CONFIRMED),
    "member": Actor(22, assurance=Assurance.CONFIRMED, consented=True),
    "author": Actor(AUTHOR, assurance=Assurance.CONFIRMED, consented=True),
    "moderator": _staff(30, Role.MODERATOR),
    "facilitator": _staff(31, Role.FACILITATOR),
    "analyst": _staff(32, Role.ANALYST),
    "administrator": _staff(33, Role.ADMINISTRATOR),
    "moderator-here": _staff(34, Role.MODERATOR, HERE),
    "facilitator-here": _staff(35, Role.FACILITATOR, HERE),
    "moderator-elsewhere": _staff(36, Role.MODERATOR, ELSEWHERE),
    "facilitator-elsewhere": _staff(37, Role.FACILITATOR, ELSEWHERE),
    "system": SYSTEM,
}


def _challenge(phase: Phase | None, published: bool = True, strict: bool = False) -> ChallengeView:
    rules = tuple(Override(activity, None, None, Assurance.ACCOUNT) for activity in Activity) if strict else ()
    texts = {"slug": "agua", "title": "Agua", "summary": "", "problem": "", "sector": "agua", "language": "es"}
    place = {"lead_institution": "", "territory_code": None, "territory": ""}
    lists: dict[str, Any] = {"learning_questions": (), "partners": (), "links": ()}
    flags = {"reviews_guests": False, "demonstration": False}
    counts = dict.fromkeys(("idea_count", "comment_count", "support_count", "people_count"), 0)
    stage = Stage(NOW, phase, closed=phase is None, overrides=rules)
    at = NOW if published else None
    return ChallengeView(HERE, **texts, **place, **lists, **flags, **counts, version=1, published_at=at, stage=stage)


# `strict`: an exploration that wants an account for everything.
MOMENTS: dict[str, ChallengeView] = {
    "unpublished": _challenge(Phase.EXPLORATION, published=False),
    "before": _challenge(None),
    **{str(phase): _challenge(phase) for phase in Phase},
    "closed": _challenge(None),
    "strict": _challenge(Phase.EXPLORATION, strict=True),
}
STATES = tuple(str(state) for state in State)


@dataclass(frozen=True)
class Piece:
    """A loaded contribution as far as permissions look at it: the author's."""

    challenge: ChallengeView
    kind: Kind
    state: State
    author_id: int = AUTHOR
    depth: int = 0


_BALLOT = BallotView(
    id=1,
    challenge_id=HERE,
    purpose=Purpose.IDEAS,
    method=Method.SUPPORT,
    opens_at=None,
    closes_at=None,
    maximum=None,
    totals_after_close=False,
    read_only=False,
    now=NOW,
)
BALLOTS = {
    "open ballot": _BALLOT,
    "ballot not yet open": replace(_BALLOT, opens_at=LATER),
    "closed ballot": replace(_BALLOT, closes_at=NOW),
    "imported ballot": replace(_BALLOT, read_only=True, purpose=Purpose.IMPORTED),
}
Maker = Callable[[ChallengeView, State], Any]
SUBJECTS: dict[str, Maker] = {
    "": lambda challenge, state: None,
    "the challenge": lambda challenge, state: challenge,
    **{str(kind): lambda challenge, state, kind=kind: Proposal(challenge, kind) for kind in list(Kind)[:3]},
    "the author's finding": lambda challenge, state: Piece(challenge, Kind.FINDING, state),
    "the author's draft finding": lambda challenge, state: Piece(challenge, Kind.FINDING, State.DRAFT),
    "the author's comment": lambda challenge, state: Piece(challenge, Kind.COMMENT, state),
    "the deepest comment": lambda challenge, state: Piece(challenge, Kind.COMMENT, state, depth=DEPTH_LIMIT),
    **{
        name: lambda challenge, state, ballot=ballot: Choice(ballot, Piece(challenge, Kind.FINDING, state))
        for name, ballot in BALLOTS.items()
    },
    "moderator of the challenge": lambda challenge, state: Scope(Role.MODERATOR, challenge.id),
    "administrator of the challenge": lambda challenge, state: Scope(Role.ADMINISTRATOR, challenge.id),
    "moderator of the lab": lambda challenge, state: Scope(Role.MODERATOR, None),
}
