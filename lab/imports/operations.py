"""Bringing a conversation in, batch by batch, each whole or not at all; and taking an import out again.

Each batch locks the row of its import: of two writers one waits, also when a process was killed and the server
still ends its last statement, and a batch after an undo is refused.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, text, update

from lab.accounts.models import Person
from lab.challenges.models import Challenge
from lab.challenges.operations import count_public
from lab.challenges.queries import ChallengeView
from lab.contributions.models import Contribution, State
from lab.contributions.signals import ContributionRemoved
from lab.core.actors import Actor
from lab.core.db import Record, db
from lab.core.errors import Conflict
from lab.core.i18n import lazy
from lab.core.permissions import require
from lab.core.signals import publish
from lab.imports import queries
from lab.imports.casts import store_casts
from lab.imports.models import Entity, Import, ImportedItem
from lab.imports.permissions import ImportAction
from lab.imports.queries import ImportView
from lab.imports.records import Origin, Outcome, Run, Statement, Vote
from lab.imports.statements import keep_people, store_proposals
from lab.votes.models import Ballot, Method, Purpose


@contextmanager
def claim(origin: Origin, slug: str) -> Iterator[None]:
    """Holds this conversation and challenge for one process; refuses with `Conflict` while another holds them.

    The lock lives in a connection of its own and ends with it, however the process ends.
    """
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.detach()
        name = f"import {origin.source} {origin.instance} {slug}"
        taken = connection.execute(text("select pg_try_advisory_lock(hashtextextended(:name, 0))"), {"name": name})
        if not taken.scalar_one():
            raise Conflict(lazy("Otra importación de esta misma conversación está en marcha."))
        try:
            yield
        finally:
            # Said, not left to the end of the connection, which the server may notice after the next run began.
            connection.execute(text("select pg_advisory_unlock(hashtextextended(:name, 0))"), {"name": name})


def start_import(actor: Actor, origin: Origin, challenge: ChallengeView, made: bool, language: str) -> Run:
    """Opens the import with its read-only ballot, or takes up the one that stands. `made`: for this import."""
    require(actor, ImportAction.RUN, challenge)
    standing = queries.find_standing_import(origin.source, origin.instance, challenge.id)
    import_id = standing or _open_import(origin, challenge, made)
    return Run(import_id, _ballot_of(import_id, challenge.id), challenge, standing is None, language)


def store_statements(actor: Actor, run: Run, batch: Sequence[Statement], _number: int = 0) -> Outcome:
    """Stores statements as published proposals of pseudonymous people; what the source rejected is hidden.

    A statement stored before is left as it is. Refuses with `Conflict` when the import was undone meanwhile.
    Publishes `ContributionPublished` for each public one.
    """
    require(actor, ImportAction.RUN, run)
    _hold(run.id)
    before = queries.find_items(run.id, Entity.STATEMENT, [each.key for each in batch])
    new = [each for each in batch if each.key not in before]
    outcome = Outcome(skipped=Counter(already_stored=len(batch) - len(new)))
    if new:
        store_proposals(run, new, keep_people(run, {each.author for each in new}, outcome))
        outcome.stored["statements"] += len(new)
    return outcome


def store_votes(actor: Actor, run: Run, batch: Sequence[Vote], number: int) -> Outcome:
    """Stores votes as casts of the import's ballot; of one person's votes on a statement the latest counts.

    `number` is the batch's place in the log: it decides between votes at one instant. Statements must be
    stored. Refuses with `Conflict` when the import was undone meanwhile.
    """
    require(actor, ImportAction.RUN, run)
    _hold(run.id)
    outcome = Outcome()
    people = keep_people(run, {each.person for each in batch}, outcome)
    options = queries.find_items(run.id, Entity.STATEMENT, {each.statement for each in batch})
    pairs = [((options[each.statement], people[each.person]), each) for each in batch]
    store_casts(run, pairs, number, outcome)
    return outcome


def finish_import(actor: Actor, run: Run) -> None:
    """Notes that the whole archive was read, and what stands of it."""
    require(actor, ImportAction.RUN, run)
    _hold(run.id)
    finished = func.coalesce(Import.finished_at, func.now())
    figures = queries.count_stored(run.id)
    db.session.execute(update(Import).where(Import.id == run.id).values(figures=figures, finished_at=finished))


@dataclass(frozen=True)
class Removal:
    """What an undo took away: how many of each kind, and whether the challenge went too."""

    figures: dict[str, Any]
    challenge_slug: str
    challenge_gone: bool


def undo_import(actor: Actor, undone: ImportView) -> Removal:
    """Removes all that an import brought, and its challenge if it made that and nothing else happened there.

    Undone before, it is told again what went then. Refuses with `Conflict` an import on whose contributions people
    of this platform commented or whose contributions they support. Publishes `ContributionRemoved` for each public
    contribution.
    """
    require(actor, ImportAction.UNDO, undone.challenge)
    if _held(undone.id) is None:
        _undo(undone)
    # Read again: who waited for another's undo loaded the import as it stood before.
    present = queries.get_import(undone.id)
    gone = present.made_challenge and present.challenge is None
    return Removal(present.row.figures, present.row.challenge_slug, gone)


def _undo(undone: ImportView) -> None:
    figures = queries.count_stored(undone.id)
    public = _locked_contributions(undone.id)
    _refuse_reactions(undone.id)
    for row in public:
        publish(ContributionRemoved(row.id, row.challenge_id, row.kind, State.WITHDRAWN))
    _remove_rows(undone.id)
    note = update(Import).where(Import.id == undone.id).values(undone_at=func.now(), figures=figures)
    db.session.execute(note)
    if undone.challenge is None:
        return
    if undone.made_challenge and not queries.is_used_otherwise(undone.challenge.id):
        db.session.execute(delete(Challenge).where(Challenge.id == undone.challenge.id))
    else:
        count_public(undone.challenge.id, ideas=-len(public))


def _open_import(origin: Origin, challenge: ChallengeView, made: bool) -> int:
    values = asdict(origin) | {"challenge_id": challenge.id, "challenge_slug": challenge.slug, "made_challenge": made}
    return int(db.session.execute(insert(Import).values(**values).returning(Import.id)).scalar_one())


def _ballot_of(import_id: int, challenge_id: int) -> int:
    found = queries.find_ballot_id(import_id)
    if found is not None:
        return found
    values = {
        "challenge_id": challenge_id,
        "import_id": import_id,
        "purpose": Purpose.IMPORTED,
        "method": Method.AGREEMENT,
        "read_only": True,
    }
    return int(db.session.execute(insert(Ballot).values(**values).returning(Ballot.id)).scalar_one())


def _hold(import_id: int) -> None:
    """Waits for whoever else writes under this import, which must still stand."""
    if _held(import_id) is not None:
        raise Conflict(lazy("Esta importación ya se deshizo."))


def _held(import_id: int) -> datetime | None:
    """When it was undone, once nobody else writes under this import."""
    query = select(Import.undone_at).where(Import.id == import_id).with_for_update(key_share=True)
    undone_at: datetime | None = db.session.execute(query).scalar_one()
    return undone_at


def _locked_contributions(import_id: int) -> Sequence[Record]:
    """The public ones; the lock on all keeps new comments and supports from arriving while they go."""
    query = select(Contribution.id, Contribution.challenge_id, Contribution.kind, Contribution.state)
    rows = db.session.execute(query.where(Contribution.import_id == import_id).with_for_update()).all()
    return [row for row in rows if row.state == State.PUBLISHED]


def _refuse_reactions(import_id: int) -> None:
    found = queries.count_reactions(import_id)
    if found.comments or found.supports:
        raise Conflict(
            lazy(
                "No se puede deshacer: personas de la plataforma ya comentaron (%(comments)s) o apoyaron "
                "(%(supports)s) aportes de esta importación.",
                comments=found.comments,
                supports=found.supports,
            )
        )


def _remove_rows(import_id: int) -> None:
    """The ballot takes casts and tallies along, contributions their texts, versions and search documents."""
    db.session.execute(delete(Ballot).where(Ballot.import_id == import_id))
    db.session.execute(delete(Contribution).where(Contribution.import_id == import_id))
    people = select(ImportedItem.object_id).where(
        ImportedItem.import_id == import_id, ImportedItem.entity == Entity.PERSON
    )
    unclaimed = (Person.email.is_(None), Person.guest_key.is_(None))
    db.session.execute(delete(Person).where(Person.id.in_(people), *unclaimed))
    db.session.execute(delete(ImportedItem).where(ImportedItem.import_id == import_id))
