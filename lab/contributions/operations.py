"""The life of a contribution, shared by every kind: inserted, published, edited, withdrawn, hidden, restored.

These are steps of higher features' operations, which have asked `require` before. Each is a conditional
update, so of two people pressing at once one wins and the other gets `Conflict`.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from lab.challenges.operations import count_public
from lab.challenges.queries import ChallengeView
from lab.contributions.models import (
    IDEA_KINDS,
    Channel,
    Contribution,
    ContributionVersion,
    Kind,
    SearchDocument,
    State,
)
from lab.contributions.signals import ContributionEdited, ContributionPublished, ContributionRemoved
from lab.core.actors import Actor
from lab.core.db import db
from lab.core.errors import Conflict
from lab.core.i18n import lazy
from lab.core.signals import publish
from lab.core.text import fold


@dataclass(frozen=True)
class NewContribution:
    """The narrow row of a contribution to be."""

    challenge: ChallengeView
    kind: Kind
    title: str = ""
    language: str = "es"
    category_id: int | None = None
    territory_code: str | None = None
    idempotency_key: str | None = None
    channel: Channel = Channel.WEB


@dataclass(frozen=True)
class Inserted:
    """The id, and whether this call stored it or an earlier one with the same key did."""

    id: int
    new: bool


def insert_contribution(actor: Actor, new: NewContribution, state: State) -> Inserted:
    """Stores the narrow row once per author and idempotency key; the second time returns the first id."""
    values: dict[str, Any] = {
        "challenge_id": new.challenge.id,
        "kind": new.kind,
        "state": state,
        "title": new.title,
        "author_id": actor.person_id,
        "channel": new.channel,
        "language": new.language,
        "category_id": new.category_id,
        "territory_code": new.territory_code,
        "idempotency_key": new.idempotency_key,
        "published_at": func.now() if state == State.PUBLISHED else None,
    }
    statement = upsert(Contribution).values(**values).on_conflict_do_nothing().returning(Contribution.id)
    stored = db.session.execute(statement).scalar_one_or_none()
    if stored is not None:
        return Inserted(stored, new=True)
    return Inserted(_stored_before(actor, new.idempotency_key), new=False)


def first_state(actor: Actor, challenge: ChallengeView) -> State:
    """What a contribution becomes when sent: held where the challenge reviews guests, else published."""
    return State.HELD if challenge.reviews_guests and not actor.signed_in else State.PUBLISHED


def tell_published(contribution_id: int, challenge_id: int, kind: str, words: str) -> None:
    """Makes a newly public contribution found and counted. Publishes `ContributionPublished`."""
    if kind in IDEA_KINDS:
        _store_document(contribution_id, challenge_id, words)
    _count(challenge_id, kind, 1)
    publish(ContributionPublished(contribution_id, challenge_id, kind))


def remove_from_public(contribution_id: int, state: State) -> None:
    """Takes a published contribution out of lists, search and counts, to `state`; `Conflict` when it is not public.

    Publishes `ContributionRemoved`.
    """
    statement = (
        update(Contribution)
        .where(Contribution.id == contribution_id, Contribution.state == State.PUBLISHED)
        .values(state=state, updated_at=func.now())
        .returning(Contribution.challenge_id, Contribution.kind)
    )
    row = _changed(db.session.execute(statement).one_or_none())
    db.session.execute(delete(SearchDocument).where(SearchDocument.contribution_id == contribution_id))
    _count(row.challenge_id, row.kind, -1)
    publish(ContributionRemoved(contribution_id, row.challenge_id, row.kind, state))


def make_public(contribution_id: int, before: State, words: str) -> None:
    """Publishes a draft, a held or a hidden contribution; `Conflict` when it left that state meanwhile."""
    statement = (
        update(Contribution)
        .where(Contribution.id == contribution_id, Contribution.state == before)
        .values(
            state=State.PUBLISHED,
            published_at=func.coalesce(Contribution.published_at, func.now()),
            updated_at=func.now(),
        )
        .returning(Contribution.challenge_id, Contribution.kind)
    )
    row = _changed(db.session.execute(statement).one_or_none())
    tell_published(contribution_id, row.challenge_id, row.kind, words)


def change_state(contribution_id: int, before: State, after: State) -> None:
    """A step between two states that are not public; `Conflict` when it left the first meanwhile."""
    statement = (
        update(Contribution)
        .where(Contribution.id == contribution_id, Contribution.state == before)
        .values(state=after, updated_at=func.now())
        .returning(Contribution.id)
    )
    _changed(db.session.execute(statement).one_or_none())


def store_version(actor: Actor, contribution_id: int, version: int, title: str, fields: dict[str, Any]) -> None:
    """Keeps the text as it stands in this version."""
    db.session.execute(
        insert(ContributionVersion).values(
            contribution_id=contribution_id,
            version=version,
            title=title,
            fields=fields,
            edited_by=actor.person_id,
        )
    )


def next_version(contribution_id: int, seen: int, **columns: Any) -> int:
    """Raises the version if it is still the one the editor saw, else `Conflict`: nobody's edit is lost silently.

    Publishes `ContributionEdited`.
    """
    statement = (
        update(Contribution)
        .where(Contribution.id == contribution_id, Contribution.version == seen)
        .values(version=Contribution.version + 1, updated_at=func.now(), **columns)
        .returning(Contribution.version)
    )
    version = db.session.execute(statement).scalar_one_or_none()
    if version is None:
        raise Conflict(lazy("Alguien cambió este texto mientras usted escribía. Copie lo suyo y recargue la página."))
    publish(ContributionEdited(contribution_id, version))
    return int(version)


def update_search(contribution_id: int, words: str) -> None:
    """Search reads the new words of an edited, published contribution."""
    statement = update(SearchDocument).where(SearchDocument.contribution_id == contribution_id)
    db.session.execute(statement.values(folded=fold(words)))


def count_comments(contribution_id: int, step: int) -> None:
    """Moves the number of public comments on a contribution, and of its challenge while it is public itself."""
    statement = (
        update(Contribution)
        .where(Contribution.id == contribution_id)
        .values(comment_count=Contribution.comment_count + step)
        .returning(Contribution.challenge_id, Contribution.state)
    )
    row = db.session.execute(statement).one()
    if row.state == State.PUBLISHED:
        count_public(row.challenge_id, comments=step)


def _store_document(contribution_id: int, challenge_id: int, words: str) -> None:
    document = upsert(SearchDocument).values(
        contribution_id=contribution_id, challenge_id=challenge_id, folded=fold(words)
    )
    db.session.execute(
        document.on_conflict_do_update(
            index_elements=[SearchDocument.contribution_id], set_={"folded": document.excluded.folded}
        )
    )


def _count(challenge_id: int, kind: str, step: int) -> None:
    """Comments are counted by their own feature, which knows whether what they discuss is public."""
    if kind in IDEA_KINDS:
        count_public(challenge_id, ideas=step)


def _stored_before(actor: Actor, key: str | None) -> int:
    query = select(Contribution.id).where(
        Contribution.author_id == actor.person_id, Contribution.idempotency_key == key
    )
    return int(db.session.execute(query).scalar_one())


def _changed(row: Any) -> Any:
    if row is None:
        raise Conflict(lazy("Este aporte cambió en ese momento. Recargue la página."))
    return row
