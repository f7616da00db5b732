"""Steps of storing statements: pseudonymous people, and proposals many at a time."""

from collections.abc import Collection, Sequence
from textwrap import shorten
from typing import Any

from sqlalchemy import insert

from lab.accounts.models import Person
from lab.challenges.operations import count_public
from lab.contributions.models import (
    TITLE_LENGTH,
    Channel,
    Contribution,
    ContributionVersion,
    Kind,
    SearchDocument,
    State,
)
from lab.contributions.signals import ContributionPublished
from lab.core.actors import SYSTEM
from lab.core.db import db
from lab.core.signals import publish
from lab.core.text import clean_line, fold
from lab.ideas.models import Idea
from lab.ideas.operations import IdeaText
from lab.imports import queries
from lab.imports.models import Entity, ImportedItem
from lab.imports.records import Outcome, Run, Statement
from lab.moderation import operations as moderation
from lab.moderation.queries import Moderated

PSEUDONYM = "Participante"
REJECTED = "La moderación de la conversación de origen no lo aceptó."


def keep_people(run: Run, keys: Collection[str], outcome: Outcome) -> dict[str, int]:
    """The stored people behind these keys; new ones become unclaimed pseudonyms."""
    people = queries.find_items(run.id, Entity.PERSON, keys)
    new = sorted(set(keys) - people.keys(), key=lambda key: (len(key), key))
    if new:
        rows = [{"display_name": f"{PSEUDONYM} {key}"} for key in new]
        ids = _insert(Person, rows)
        _note(run, Entity.PERSON, new, ids)
        people |= dict(zip(new, ids, strict=True))
        outcome.stored["people"] += len(new)
    return people


def _insert(model: Any, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Inserts rows together and returns their ids in the same order."""
    statement = insert(model).returning(model.id, sort_by_parameter_order=True)
    return list(db.session.execute(statement, rows).scalars())


def _note(run: Run, entity: Entity, keys: Sequence[str], ids: Sequence[int]) -> None:
    rows = [
        {"import_id": run.id, "entity": entity, "key": key, "object_id": number}
        for key, number in zip(keys, ids, strict=True)
    ]
    db.session.execute(insert(ImportedItem), rows)


def store_proposals(run: Run, new: Sequence[Statement], people: dict[str, int]) -> None:
    ids = _insert(Contribution, [_narrow(run, each, people[each.author]) for each in new])
    _note(run, Entity.STATEMENT, [each.key for each in new], ids)
    stored = list(zip(ids, new, strict=True))
    db.session.execute(insert(Idea), [{"id": number, "body": each.body} for number, each in stored])
    versions = [_version(number, each, people[each.author]) for number, each in stored]
    db.session.execute(insert(ContributionVersion), versions)
    for number, each in stored:
        if each.rejected:
            _hide(run, number, each, people[each.author])
    _tell_public(run, [(number, each) for number, each in stored if not each.rejected])


def _narrow(run: Run, statement: Statement, author_id: int) -> dict[str, Any]:
    """The narrow row. A rejected statement waits for a moment as held, and is hidden in the same transaction."""
    return {
        "challenge_id": run.challenge.id,
        "kind": Kind.PROPOSAL,
        "state": State.HELD if statement.rejected else State.PUBLISHED,
        "title": title_of(statement.body),
        "author_id": author_id,
        "channel": Channel.IMPORT,
        "language": run.language,
        "import_id": run.id,
        "created_at": statement.published_at,
        "published_at": statement.published_at,
        "updated_at": statement.published_at,
    }


def title_of(body: str) -> str:
    """The first words of a text, as a title: whole when they fit, else cut between words."""
    line = clean_line(body)
    if len(line) <= TITLE_LENGTH:
        return line
    words = shorten(line, TITLE_LENGTH, placeholder="…")
    return words if words != "…" else line[: TITLE_LENGTH - 1] + "…"


def _written(statement: Statement) -> IdeaText:
    return IdeaText(title_of(statement.body), statement.body)


def _version(number: int, statement: Statement, author_id: int) -> dict[str, Any]:
    written = _written(statement)
    names = ("body", "need_type", "data_what", "data_format", "data_purpose")
    return {
        "contribution_id": number,
        "version": 1,
        "title": written.title,
        "fields": {name: getattr(written, name) for name in names},
        "edited_by": author_id,
        "edited_at": statement.published_at,
        "was_public": not statement.rejected,
    }


def _hide(run: Run, number: int, statement: Statement, author_id: int) -> None:
    held = Moderated(
        id=number,
        kind=Kind.PROPOSAL,
        state=State.HELD,
        title=title_of(statement.body),
        author_id=author_id,
        author=f"{PSEUDONYM} {statement.author}",
        published_at=statement.published_at,
        created_at=statement.published_at,
        fields={"body": statement.body},
        challenge=run.challenge,
    )
    moderation.hide(SYSTEM, held, REJECTED)


def _tell_public(run: Run, public: Sequence[tuple[int, Statement]]) -> None:
    """What `contributions.operations.tell_published` does, for many: the challenge's row is locked once, last."""
    if not public:
        return
    documents = [
        {"contribution_id": number, "challenge_id": run.challenge.id, "folded": fold(_written(each).words)}
        for number, each in public
    ]
    db.session.execute(insert(SearchDocument), documents)
    for number, _ in public:
        publish(ContributionPublished(number, run.challenge.id, Kind.PROPOSAL))
    count_public(run.challenge.id, ideas=len(public))
