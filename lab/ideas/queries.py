"""Reads of ideas: the loader that is a gate, and the lists with the wide column their cards need."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select

from lab.accounts.models import Person
from lab.challenges.models import Territory
from lab.challenges.queries import ChallengeView, get_visible_challenge_by_id
from lab.contributions.models import Channel, Contribution, Kind, State
from lab.contributions.permissions import may_read
from lab.contributions.queries import ListFilter, ListRow, Order, card_columns, list_published
from lab.core.actors import SYSTEM, Actor, Assurance
from lab.core.db import run
from lab.core.errors import Gone, NotFound
from lab.core.i18n import lazy
from lab.core.paging import Page
from lab.ideas.models import Idea, NeedType
from lab.votes.queries import supports


@dataclass(frozen=True)
class IdeaView:
    """An idea as loaded, with its challenge: everything its page and every permission in it need."""

    id: int
    kind: Kind
    state: State
    title: str
    author_id: int
    author: str
    author_is_guest: bool
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
    idea = _find(idea_id)
    if idea is None:
        raise _unknown()
    if may_read(actor, idea):
        return idea
    if idea.published_at is not None and idea.state in (State.WITHDRAWN, State.HIDDEN):
        raise Gone(_notice(idea.state), challenge=idea.challenge)
    raise _unknown()


def list_ideas(
    actor: Actor, challenge_id: int, chosen: ListFilter, order: Order, cursor: str | None = None, start: int = 0
) -> Page[ListRow]:
    """A page of a challenge's public ideas, each with whether the actor supports it."""
    cards = _CARDS[actor.person_id is not None]
    return list_published(cards, actor, challenge_id, chosen, order, cursor, start)


_WHOLE = (
    select(
        Contribution.id,
        Contribution.kind,
        Contribution.state,
        Contribution.title,
        Contribution.author_id,
        Person.display_name.label("author"),
        Person.assurance,
        Contribution.channel,
        Contribution.language,
        Contribution.category_id,
        Contribution.territory_code,
        func.coalesce(Territory.name, "").label("territory"),
        Contribution.support,
        Contribution.comment_count,
        Contribution.version,
        Contribution.created_at,
        Contribution.published_at,
        Contribution.updated_at,
        Contribution.challenge_id,
        Idea.body,
        Idea.need_type,
        Idea.data_what,
        Idea.data_format,
        Idea.data_purpose,
    )
    .join(Idea, Idea.id == Contribution.id)
    .join(Person, Person.id == Contribution.author_id)
    .outerjoin(Territory, Territory.code == Contribution.territory_code)
)


_ONE = _WHOLE.where(Contribution.id == bindparam("wanted"))
_CARDS = {known: card_columns(Idea.body, supports(Contribution.id, known)) for known in (False, True)}


def _find(idea_id: int) -> IdeaView | None:
    row = run(_ONE, {"wanted": idea_id}).one_or_none()
    if row is None:
        return None
    values: dict[str, Any] = dict(row._mapping)
    # The challenge's own gate is part of `may_read`: loading it here must not answer for it.
    challenge = get_visible_challenge_by_id(SYSTEM, values.pop("challenge_id"))
    typed = {
        "kind": Kind(row.kind),
        "state": State(row.state),
        "channel": Channel(row.channel),
        "need_type": NeedType(row.need_type) if row.need_type else None,
        "author_is_guest": values.pop("assurance") == Assurance.GUEST,
    }
    return IdeaView(**values | typed, challenge=challenge)


def _notice(state: State) -> Any:
    if state == State.WITHDRAWN:
        return lazy("Quien escribió este aporte lo retiró.")
    return lazy("El equipo de moderación ocultó este aporte.")


def _unknown() -> NotFound:
    return NotFound(lazy("No encontramos este aporte."))
