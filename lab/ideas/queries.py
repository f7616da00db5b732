"""Reads of ideas: the loader that is a gate, and the lists with the wide column their cards need."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import bindparam, func, select

from lab.accounts.models import Person
from lab.challenges.models import Challenge
from lab.challenges.queries import CHALLENGE, ChallengeView, challenge_of, territory_name
from lab.contributions.models import Channel, Contribution, ContributionVersion, Kind, State
from lab.contributions.permissions import may_read
from lab.contributions.queries import ListFilter, ListRow, Order, card_columns, list_published
from lab.core.actors import Actor
from lab.core.db import Carried, Query, Record, run
from lab.core.errors import Gone, NotFound
from lab.core.i18n import current_language, lazy
from lab.core.paging import Page
from lab.core.permissions import can
from lab.ideas.models import Idea, NeedType
from lab.ideas.permissions import IdeaAction
from lab.votes.models import Purpose
from lab.votes.queries import Choice, OptionView, ballot_of, carrying_ballot, carrying_standing, option_of, supports


@dataclass(frozen=True)
class IdeaView:
    """An idea as loaded, with its challenge: everything its page and every permission in it need."""

    id: int
    kind: Kind
    state: State
    title: str
    author_id: int
    author: str
    channel: Channel
    language: str
    category_id: int | None
    territory_code: str | None
    territory: str
    support: int
    comment_count: int
    version: int
    created_at: datetime
    published_at: datetime | None
    updated_at: datetime
    body: str
    need_type: NeedType | None
    data_what: str
    data_format: str
    data_purpose: str
    challenge: ChallengeView


def get_visible_idea(actor: Actor, idea_id: int) -> IdeaView:
    """The idea if the actor may read it.

    Refuses with `Gone` what was public and was withdrawn or hidden, with `NotFound` everything else.
    """
    return _visible(actor, run(_ONE, {"wanted": idea_id}).one_or_none())


def get_own_idea(actor: Actor, idea_id: int) -> IdeaView:
    """The author's own idea in any state, for a deed: held until the unit of work ends, so that of two deeds at once
    the second finds what the first did. For everybody else a gate as `get_visible_idea`."""
    run(_HOLD, {"wanted": idea_id})
    row = run(_ONE, {"wanted": idea_id}).one_or_none()
    idea = _view(row) if row is not None else None
    return idea if idea is not None and can(actor, IdeaAction.SEE_OWN, idea) else _visible(actor, row)


def get_choice(actor: Actor, idea_id: int) -> Choice:
    """The idea as an option of its challenge's running ballot; a gate as `get_visible_idea`, in one round trip."""
    row = run(_AS_CHOICE, {"wanted": idea_id, "language": current_language()}).one_or_none()
    idea = _visible(actor, row)
    return Choice(ballot_of(cast(Record, row)), idea)


def get_idea_page(actor: Actor, idea_id: int) -> tuple[IdeaView, OptionView, int]:
    """The idea, how it stands for this reader, and how many versions they may read; a gate as `get_visible_idea`,
    in one round trip."""
    values = {"wanted": idea_id, "language": current_language(), "reader": actor.person_id}
    row = run(_AS_PAGE, values).one_or_none()
    idea = _visible(actor, row)
    shown = cast(Record, row)
    return idea, option_of(shown), idea.version if reads_every_version(actor, idea) else shown.public_versions


def reads_every_version(actor: Actor, idea: IdeaView) -> bool:
    """What was never public (drafts, texts in review) is read by its author alone."""
    return can(actor, IdeaAction.SEE_OWN, idea)


def list_ideas(
    actor: Actor, challenge_id: int, chosen: ListFilter, order: Order, cursor: str | None = None, start: int = 0
) -> Page[ListRow]:
    """A page of a challenge's public ideas, each with whether the actor supports it."""
    cards = _CARDS[actor.person_id is not None]
    return list_published(cards, actor, challenge_id, chosen, order, cursor, start)


_IDEA = Carried(
    "idea",
    [
        Contribution.id,
        Contribution.kind,
        Contribution.state,
        Contribution.title,
        Contribution.author_id,
        Person.display_name.label("author"),
        Contribution.channel,
        Contribution.language,
        Contribution.category_id,
        Contribution.territory_code,
        Contribution.support,
        Contribution.comment_count,
        Contribution.version,
        Contribution.created_at,
        Contribution.published_at,
        Contribution.updated_at,
        Idea.body,
        Idea.need_type,
        Idea.data_what,
        Idea.data_format,
        Idea.data_purpose,
    ],
)
_WANTED: Query = (
    select(*_IDEA.columns)
    .join_from(Contribution, Idea, Idea.id == Contribution.id)
    .join(Person, Person.id == Contribution.author_id)
    .where(Contribution.id == bindparam("wanted"))
)
_ONE = _WANTED.join(Challenge, Challenge.id == Contribution.challenge_id).add_columns(*CHALLENGE.columns)
_AS_CHOICE = carrying_ballot(_WANTED, Purpose.IDEAS)
_PUBLIC_VERSIONS = select(func.count()).where(
    ContributionVersion.contribution_id == Contribution.id, ContributionVersion.was_public
)
_AS_PAGE = carrying_standing(_WANTED).add_columns(_PUBLIC_VERSIONS.scalar_subquery().label("public_versions"))
# The key may be read meanwhile: supports and comments refer to it.
_HOLD: Query = select(Contribution.id).where(Contribution.id == bindparam("wanted")).with_for_update(key_share=True)
_CARDS = {known: card_columns(Idea.body, supports(Contribution.id, known)) for known in (False, True)}


def _visible(actor: Actor, row: Record | None) -> IdeaView:
    if row is None:
        raise _unknown()
    idea = _view(row)
    if may_read(actor, idea):
        return idea
    was_public = idea.published_at is not None and idea.challenge.published_at is not None
    if was_public and idea.state in (State.WITHDRAWN, State.HIDDEN):
        raise Gone(_notice(idea.state), challenge=idea.challenge)
    raise _unknown()


def _view(row: Record) -> IdeaView:
    """The challenge's own gate is part of `may_read`: loading it here does not answer for it."""
    values = _IDEA.of(row)
    typed = {
        "kind": Kind(values["kind"]),
        "state": State(values["state"]),
        "channel": Channel(values["channel"]),
        "need_type": NeedType(values["need_type"]) if values["need_type"] else None,
        "territory": territory_name(values["territory_code"]),
    }
    return IdeaView(**values | typed, challenge=challenge_of(row))


def _notice(state: State) -> Any:
    if state == State.WITHDRAWN:
        return lazy("Quien escribió este aporte lo retiró.")
    return lazy("El equipo de moderación ocultó este aporte.")


def _unknown() -> NotFound:
    return NotFound(lazy("No encontramos este aporte."))
