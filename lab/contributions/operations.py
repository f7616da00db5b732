"""The life of a contribution, shared by every kind: inserted, published, edited, withdrawn, hidden, restored.

These are steps of higher features' operations, which have asked `require` before. Each is a conditional
update, so of two people pressing at once one wins and the other gets `Conflict`.
"""

import hashlib
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from lab.challenges.operations import count_public
from lab.challenges.queries import ChallengeView
from lab.contributions.models import (
    DIGEST_LENGTH,
    IDEA_KINDS,
    KEY_LENGTH,
    Channel,
    Contribution,
    ContributionVersion,
    Kind,
    SearchDocument,
    State,
)
from lab.contributions.permissions import is_reviewed
from lab.contributions.queries import find_sent
from lab.contributions.signals import ContributionEdited, ContributionPublished, ContributionRemoved
from lab.core.actors import Actor
from lab.core.db import db
from lab.core.errors import Conflict
from lab.core.i18n import lazy
from lab.core.signals import publish
from lab.core.text import fold


@dataclass(frozen=True)
class NewContribution:
    """The narrow row of a contribution to be. `content` is all that was written besides: with it a form sent again is
    told from another text sent under the same key (from the form that "back" brought up again)."""

    challenge: ChallengeView
    kind: Kind
    title: str = ""
    language: str = "es"
    category_id: int | None = None
    territory_code: str | None = None
    idempotency_key: str | None = None
    channel: Channel = Channel.WEB
    content: str = ""

    @property
    def digest(self) -> str:
        sent = (self.challenge.id, self.kind, self.title, self.language, self.category_id, self.territory_code)
        return _hashed(DIGEST_LENGTH, *sent, self.content)

    def beside(self) -> "NewContribution":
        """The same under a key of its own, made from both: sent twice this is stored once, too."""
        return replace(self, idempotency_key=_hashed(KEY_LENGTH, self.idempotency_key, self.digest))


@dataclass(frozen=True)
class Inserted:
    """The id, and whether this call stored it or an earlier one with the same key did."""

    id: int
    new: bool


def insert_contribution(actor: Actor, new: NewContribution, state: State) -> Inserted:
    """Stores the narrow row once per author and idempotency key; the same sent again returns the first id.

    Something else sent under that key is a contribution of its own: nothing that somebody wrote is swallowed.
    """
    stored = _insert(actor, new, state)
    if stored is not None:
        return Inserted(stored, new=True)
    before = _changed(find_sent(actor, new.idempotency_key))
    if before.digest in (None, new.digest):
        return Inserted(before.id, new=False)
    return insert_contribution(actor, new.beside(), state)


def remember_sent(contribution_id: int, new: NewContribution) -> None:
    """From now on `new` is what was sent with the key: sent again it is a repeat."""
    statement = update(Contribution).where(Contribution.id == contribution_id)
    db.session.execute(statement.values(digest=new.digest))


def _insert(actor: Actor, new: NewContribution, state: State) -> int | None:
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
        "digest": new.digest,
        "published_at": func.now() if state == State.PUBLISHED else None,
    }
    statement = upsert(Contribution).values(**values).on_conflict_do_nothing().returning(Contribution.id)
    return db.session.execute(statement).scalar_one_or_none()


def first_state(actor: Actor, challenge: ChallengeView) -> State:
    """What a text becomes when sent, also a later version: held where the challenge reviews guests, else published."""
    return State.HELD if is_reviewed(actor, challenge) else State.PUBLISHED


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


def make_public(contribution_id: int, before: State, words: str, version: int | None = None) -> None:
    """Publishes a draft, a held or a hidden contribution; `Conflict` when it left that state meanwhile, or that
    version, where one is given: what becomes public, and found, are the words that were read.

    From now on its present version counts as read by everybody.
    """
    same = Contribution.version if version is None else version
    statement = (
        update(Contribution)
        .where(Contribution.id == contribution_id, Contribution.state == before, Contribution.version == same)
        .values(
            state=State.PUBLISHED,
            published_at=func.coalesce(Contribution.published_at, func.now()),
            updated_at=func.now(),
        )
        .returning(Contribution.challenge_id, Contribution.kind, Contribution.version)
    )
    row = _changed(db.session.execute(statement).one_or_none())
    shown = (ContributionVersion.contribution_id == contribution_id, ContributionVersion.version == row.version)
    db.session.execute(update(ContributionVersion).where(*shown).values(was_public=True))
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
    """Keeps the text as it stands in this version; with a public contribution it is public from now on."""
    is_public = select(Contribution.state == State.PUBLISHED).where(Contribution.id == contribution_id)
    db.session.execute(
        insert(ContributionVersion).values(
            contribution_id=contribution_id,
            version=version,
            title=title,
            fields=fields,
            edited_by=actor.person_id,
            was_public=is_public.scalar_subquery(),
        )
    )


def next_version(contribution_id: int, seen: int, state: State, **columns: Any) -> int:
    """Raises the version if it is still the one the editor saw, else `Conflict`: nobody's edit is lost silently.

    So does a contribution that is not in `state` any more. Publishes `ContributionEdited`.
    """
    statement = (
        update(Contribution)
        .where(Contribution.id == contribution_id, Contribution.version == seen, Contribution.state == state)
        .values(version=Contribution.version + 1, updated_at=func.now(), **columns)
        .returning(Contribution.version)
    )
    version = db.session.execute(statement).scalar_one_or_none()
    if version is None:
        raise Conflict(lazy("Este texto cambió mientras usted escribía. Compare lo suyo con lo que dice ahora."))
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


def _hashed(length: int, *parts: object) -> str:
    # Lengths go in, so that no two different rows of parts read alike.
    said = "".join(f"{len(str(part))}:{part}" for part in parts)
    return hashlib.blake2b(said.encode(), digest_size=length // 2).hexdigest()


def _changed(row: Any) -> Any:
    if row is None:
        raise Conflict(lazy("Este aporte cambió en ese momento. Recargue la página."))
    return row
