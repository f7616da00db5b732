"""Reads for moderators: what waits, what is hidden, and the history of one contribution."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.dialects.postgresql import distinct_on

from lab.accounts.models import Person
from lab.challenges.queries import ChallengeView, get_visible_challenge_by_id
from lab.contributions.models import Contribution, ContributionVersion, Kind, State
from lab.core.actors import SYSTEM, Actor
from lab.core.db import Record, db
from lab.core.errors import Gone, NotFound
from lab.core.i18n import lazy
from lab.core.paging import Page, decode_cursor, encode_cursor
from lab.core.permissions import can
from lab.moderation.models import Act, ModerationAct
from lab.moderation.permissions import ModerationAction

QUEUE_PAGE = 50
# Fields that are chosen from a list: nobody's words.
CHOSEN_FIELDS = frozenset({"need_type"})


@dataclass(frozen=True)
class Moderated:
    """A contribution of any kind as moderators handle it."""

    id: int
    kind: Kind
    state: State
    title: str
    author_id: int
    author: str
    published_at: datetime | None
    created_at: datetime
    fields: dict[str, Any]
    challenge: ChallengeView
    language: str = "es"
    version: int = 1
    # Whether this version could be read by everybody before.
    was_public: bool = False

    @property
    def body(self) -> str:
        return str(self.fields.get("body", ""))

    @property
    def words(self) -> str:
        """Everything that search reads of it."""
        written = {name: value for name, value in self.fields.items() if name not in CHOSEN_FIELDS}
        return " ".join([self.title, *(value for value in written.values() if isinstance(value, str))])


@dataclass(frozen=True)
class Hiding:
    """The act that hid a contribution."""

    reason: str
    acted_at: datetime
    acted_by: str


def get_moderated(actor: Actor, contribution_id: int) -> Moderated:
    """The contribution for somebody who moderates its challenge; `NotFound` for everybody else.

    Refuses with `Gone` what its author withdrew: nobody reads it any more.
    """
    row = db.session.execute(_WHOLE.where(Contribution.id == contribution_id)).one_or_none()
    if row is None or row.state == State.DRAFT:
        raise _unknown()
    moderated = _view(row, get_visible_challenge_by_id(SYSTEM, row.challenge_id))
    if not can(actor, ModerationAction.SEE_QUEUE, moderated):
        raise _unknown()
    if moderated.state == State.WITHDRAWN:
        raise Gone(lazy("Quien escribió este aporte lo retiró."), challenge=moderated.challenge)
    return moderated


def get_to_moderate(actor: Actor, contribution_id: int) -> Moderated:
    """`get_moderated` for an act, with the row locked: of two presses at once the second finds what the first did."""
    db.session.execute(_LOCK, {"wanted": contribution_id})
    return get_moderated(actor, contribution_id)


def list_queue(challenge: ChallengeView, state: State, cursor: str | None = None) -> Page[Moderated]:
    """A page of what waits for review, or of what is hidden, in one challenge; the oldest first."""
    key = decode_cursor(cursor, 1) or (0,)
    here = (Contribution.challenge_id == challenge.id, Contribution.state == state, Contribution.id > key[0])
    query = _WHOLE.where(*here).order_by(Contribution.id).limit(QUEUE_PAGE + 1)
    rows = [_view(row, challenge) for row in db.session.execute(query)]
    after = encode_cursor((rows[QUEUE_PAGE - 1].id,)) if len(rows) > QUEUE_PAGE else None
    return Page(rows[:QUEUE_PAGE], after)


def count_held(challenge_id: int) -> int:
    query = text("select count(*) from contributions where challenge_id = :id and state = 'held'")
    return int(db.session.execute(query, {"id": challenge_id}).scalar_one())


def find_last_reason(contribution_id: int) -> str | None:
    """Why a contribution was last hidden: what its author reads."""
    hiding = find_last_hidings([contribution_id]).get(contribution_id)
    return hiding.reason if hiding else None


def find_last_hidings(contribution_ids: Sequence[int]) -> dict[int, Hiding]:
    """Why, when and by whom each of these was last hidden; in one query for a whole list."""
    query = (
        select(
            ModerationAct.contribution_id,
            ModerationAct.reason,
            ModerationAct.acted_at,
            func.coalesce(Person.display_name, "").label("acted_by"),
        )
        .ext(distinct_on(ModerationAct.contribution_id))
        .outerjoin(Person, Person.id == ModerationAct.acted_by)
        .where(ModerationAct.contribution_id.in_(contribution_ids), ModerationAct.act == Act.HIDE)
        .order_by(ModerationAct.contribution_id, ModerationAct.id.desc())
    )
    return {row.contribution_id: Hiding(row.reason, row.acted_at, row.acted_by) for row in db.session.execute(query)}


_LOCK = select(Contribution.id).where(Contribution.id == bindparam("wanted")).with_for_update(key_share=True)
_WHOLE = (
    select(
        Contribution.id,
        Contribution.kind,
        Contribution.state,
        Contribution.title,
        Contribution.language,
        Contribution.version,
        Contribution.author_id,
        Person.display_name.label("author"),
        Contribution.published_at,
        Contribution.created_at,
        Contribution.challenge_id,
        ContributionVersion.fields,
        ContributionVersion.was_public,
    )
    .join(Person, Person.id == Contribution.author_id)
    .join(
        ContributionVersion,
        (ContributionVersion.contribution_id == Contribution.id)
        & (ContributionVersion.version == Contribution.version),
    )
)


def _view(row: Record, challenge: ChallengeView) -> Moderated:
    values = {name: value for name, value in row._mapping.items() if name != "challenge_id"}
    return Moderated(**values | {"kind": Kind(row.kind), "state": State(row.state)}, challenge=challenge)


def _unknown() -> NotFound:
    return NotFound(lazy("No encontramos este aporte."))
