"""Reads about imports: what stands, what the source's keys became, and what stands in the way of an undo."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select, text

from lab.challenges.queries import ChallengeView, get_visible_challenge_by_id
from lab.contributions.models import Contribution
from lab.core.actors import SYSTEM, Actor
from lab.core.db import Record, db
from lab.core.errors import Conflict, NotFound
from lab.core.i18n import lazy
from lab.core.permissions import can
from lab.imports.models import Entity, Import, ImportedItem
from lab.imports.permissions import ImportAction
from lab.votes.models import Ballot

LIST_LIMIT = 100


@dataclass(frozen=True)
class ImportRow:
    """An import as lists show it. Without `finished_at` it was interrupted: running it again completes it."""

    id: int
    source: str
    instance: str
    licence: str
    challenge_id: int | None
    challenge_slug: str
    figures: dict[str, Any]
    started_at: datetime
    finished_at: datetime | None
    undone_at: datetime | None

    @property
    def stands(self) -> bool:
        return self.undone_at is None


@dataclass(frozen=True)
class ImportView:
    """An import as loaded, with its challenge (None when that is gone)."""

    row: ImportRow
    made_challenge: bool
    challenge: ChallengeView | None

    @property
    def id(self) -> int:
        return self.row.id


@dataclass(frozen=True)
class StoredCast:
    """What a ballot holds of one person about one option."""

    value: int
    cast_at: datetime


_ROW = select(
    Import.id,
    Import.source,
    Import.instance,
    Import.licence,
    Import.challenge_id,
    Import.challenge_slug,
    Import.figures,
    Import.started_at,
    Import.finished_at,
    Import.undone_at,
)


def get_import(import_id: int) -> ImportView:
    """The import, undone or not; `NotFound` when there never was one. Doors ask for the right to see it."""
    row = db.session.execute(_ROW.add_columns(Import.made_challenge).where(Import.id == import_id)).one_or_none()
    if row is None:
        raise _unknown()
    challenge = get_visible_challenge_by_id(SYSTEM, row.challenge_id) if row.challenge_id else None
    return ImportView(ImportRow(*tuple(row)[:-1]), row.made_challenge, challenge)


def get_origin(contribution_id: int) -> Record:
    """Source, conversation and licence of an imported contribution."""
    query = (
        select(Import.source, Import.instance, Import.licence)
        .join(Contribution, Contribution.import_id == Import.id)
        .where(Contribution.id == contribution_id)
    )
    return db.session.execute(query).one()


def get_managed_import(actor: Actor, import_id: int) -> ImportView:
    """An import, undone or not, for those who may undo it; `NotFound` for everybody else.

    Whose challenge is gone is left to those who run the whole lab.
    """
    view = get_import(import_id)
    if not can(actor, ImportAction.UNDO, view.challenge):
        raise _unknown()
    return view


def get_undoable_import(actor: Actor, import_id: int) -> ImportView:
    """`get_managed_import` that still stands; refuses with `Conflict` one that was undone."""
    view = get_managed_import(actor, import_id)
    if not view.row.stands:
        raise Conflict(lazy("Esta importación ya se deshizo."))
    return view


def list_imports(challenge_id: int | None = None) -> list[ImportRow]:
    """The imports of one challenge, or all, the newest first."""
    query = _ROW.order_by(Import.id.desc()).limit(LIST_LIMIT)
    if challenge_id is not None:
        query = query.where(Import.challenge_id == challenge_id)
    return [ImportRow(*row) for row in db.session.execute(query)]


def has_imports(challenge_id: int) -> bool:
    return bool(db.session.execute(select(exists().where(Import.challenge_id == challenge_id))).scalar_one())


def find_standing_import(source: str, instance: str, challenge_id: int) -> int | None:
    """The import of this conversation into this challenge that was not undone."""
    query = select(Import.id).where(
        Import.source == source,
        Import.instance == instance,
        Import.challenge_id == challenge_id,
        Import.undone_at.is_(None),
    )
    return db.session.execute(query).scalar_one_or_none()


def find_items(import_id: int, entity: Entity, keys: Collection[str]) -> dict[str, int]:
    """What these keys of the source became; a key that was not stored yet is missing."""
    query = select(ImportedItem.key, ImportedItem.object_id).where(
        ImportedItem.import_id == import_id, ImportedItem.entity == entity, ImportedItem.key.in_(keys)
    )
    return {row.key: row.object_id for row in db.session.execute(query)}


def find_casts(ballot_id: int, pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], StoredCast]:
    """What the ballot holds for these pairs of option and person."""
    query = text("""
        select c.option_id, c.person_id, c.value, c.cast_at from casts c
        join unnest(cast(:options as bigint[]), cast(:people as bigint[])) as wanted (option_id, person_id)
          on c.option_id = wanted.option_id and c.person_id = wanted.person_id
        where c.ballot_id = :ballot
    """)
    options, people = [option for option, _ in pairs], [person for _, person in pairs]
    rows = db.session.execute(query, {"options": options, "people": people, "ballot": ballot_id})
    return {(row.option_id, row.person_id): StoredCast(row.value, row.cast_at) for row in rows}


def find_ballot_id(import_id: int) -> int | None:
    return db.session.execute(select(Ballot.id).where(Ballot.import_id == import_id)).scalar_one_or_none()


def count_stored(import_id: int) -> dict[str, int]:
    """How many people, statements and casts stand under the import."""
    query = text("""
        select
          (select count(*) from imported_items where import_id = :id and entity = 'person') as people,
          (select count(*) from imported_items where import_id = :id and entity = 'statement') as statements,
          (select count(*) from casts c join ballots b on b.id = c.ballot_id where b.import_id = :id) as casts
    """)
    return dict(db.session.execute(query, {"id": import_id}).one()._mapping)


def count_reactions(import_id: int) -> Record:
    """What people of this platform added to the imported contributions: `comments` and `supports`."""
    query = text("""
        select
          (select count(*) from comments m join contributions c on c.id = m.target_id
           where c.import_id = :id) as comments,
          (select count(*) from casts k join contributions c on c.id = k.option_id
           join ballots b on b.id = k.ballot_id
           where c.import_id = :id and b.import_id is distinct from :id) as supports
    """)
    return db.session.execute(query, {"id": import_id}).one()


def is_used_otherwise(challenge_id: int) -> bool:
    """Whether something besides an undone import stands in the challenge, or it was published."""
    query = text("""
        select published_at is not null
          or exists (select from contributions where challenge_id = challenges.id)
          or exists (select from imports where challenge_id = challenges.id and undone_at is null)
        from challenges where id = :id
    """)
    return bool(db.session.execute(query, {"id": challenge_id}).scalar_one())


def _unknown() -> NotFound:
    return NotFound(lazy("No encontramos esta importación."))
