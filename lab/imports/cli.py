"""`lab import`: bring a conversation in, list what was brought, take one out again."""

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import OperationalError

from lab.challenges.models import PROBLEM_LENGTH, SLUG_LENGTH, SUMMARY_LENGTH, TITLE_LENGTH
from lab.challenges.operations import ChallengeText, create_challenge
from lab.challenges.queries import ChallengeView, find_challenge_id, get_visible_challenge_by_id
from lab.core.actors import SYSTEM
from lab.core.cli import with_app
from lab.core.db import unit_of_work
from lab.core.text import excerpt, slugify
from lab.imports import operations, queries
from lab.imports.models import LICENCE_LENGTH
from lab.imports.polis import Archive, BadArchive, Conversation, Problem
from lab.imports.records import Origin, Outcome, Run

STATEMENTS_A_BATCH = 100
VOTES_A_BATCH = 1000
PROBLEMS_SHOWN = 100
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")
KINDS = ("challenges", "people", "statements", "casts", "replaced")

Store = Callable[[str, Sequence[Any], int], Outcome]


@dataclass(frozen=True)
class Order:
    """What the operator asked for."""

    archive: Archive
    slug: str
    language: str
    licence: str

    @property
    def origin(self) -> Origin:
        return Origin("polis", self.archive.conversation.instance, self.licence)


@dataclass
class Report:
    """What was read, stored and skipped; the first problems in full, the others by their number."""

    read: Counter[str] = field(default_factory=Counter)
    stored: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(KINDS, 0)))
    skipped: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)

    def usable(self, kind: str, records: Sequence[Any]) -> list[Any]:
        """Counts the records of a batch and sets the problems among them aside."""
        self.read[kind] += len(records)
        problems = [record for record in records if isinstance(record, Problem)]
        self.skipped.update(problem.reason for problem in problems)
        self.problems += problems[: PROBLEMS_SHOWN - len(self.problems)]
        return [record for record in records if not isinstance(record, Problem)]

    def add(self, outcome: Outcome) -> None:
        self.stored.update(outcome.stored)
        self.skipped.update(outcome.skipped)

    def tell(self) -> None:
        """The problems on stderr; on stdout, as its last line, the figures as JSON."""
        for problem in self.problems:
            click.echo(f"{problem.file}, line {problem.line}: {problem.reason}", err=True)
        if len(self.problems) == PROBLEMS_SHOWN:
            click.echo(f"only the first {PROBLEMS_SHOWN} problems are listed", err=True)
        skipped = {reason: number for reason, number in self.skipped.items() if number}
        click.echo(json.dumps({"read": self.read, "stored": self.stored, "skipped": skipped}))


class ImportGroup(click.Group):
    """Answers what cannot be imported with one line and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BadArchive as refusal:
            raise click.ClickException(" ".join(str(refusal).split())) from refusal
        except OperationalError as error:
            line = "the database does not answer; the same command again goes on where it stopped"
            raise click.ClickException(line) from error


@click.group("import", cls=ImportGroup)
def group() -> None:
    """Bring conversations of other platforms in, and take them out again."""


@group.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--challenge", "slug", required=True, help="Address of the challenge; a draft is made when it is new.")
@click.option("--language", default="es", show_default=True, help="The conversation's language.")
@click.option("--licence", default="", help="Licence and credit of the data, kept with the import.")
@click.option("--dry-run", is_flag=True, help="Read and report; store nothing.")
def polis(path: Path, slug: str, language: str, licence: str, dry_run: bool) -> None:
    """Bring in the folder PATH of a Polis export. A second run stores nothing twice."""
    _refuse_unusable(slug, language, licence)
    order, report = Order(Archive(path), slug, language, licence), Report()
    with click.progressbar(length=order.archive.size, label=path.name, file=sys.stderr) as bar:

        def show(position: int) -> None:
            bar.update(position - bar.pos)

        if dry_run:
            read_through(order.archive, report, _store_nothing, show)
        else:
            with_app(bring)(order, report, show)
    report.tell()


@group.command()
@click.argument("import_id", metavar="ID", type=int)
@with_app
def undo(import_id: int) -> None:
    """Remove everything an import brought, unless people here have commented on it or support it."""
    with unit_of_work():
        undone = queries.get_import(import_id)
        figures = queries.count_stored(import_id)
        challenge_gone = operations.undo_import(SYSTEM, undone)
    click.echo(f"import {import_id} undone: {_in_words(figures)} removed")
    if challenge_gone:
        click.echo(f"the challenge {undone.row.challenge_slug}, which it had made, is gone too")


@group.command("list")
@with_app
def list_all() -> None:
    """Every import, the newest first."""
    for row in queries.list_imports():
        state = "undone" if row.undone_at else "complete" if row.finished_at else "interrupted"
        figures = _in_words(row.figures) if row.figures else "-"
        click.echo(f"{row.id}\t{state}\t{row.source}\t{row.challenge_slug}\t{figures}\t{row.instance}")


def bring(order: Order, report: Report, show: Callable[[int], None]) -> None:
    """Stores an archive in batches, each a unit of work of its own; refuses while another process does the same."""
    with operations.claim(order.origin, order.slug):
        run = _start(order, report)
        stores: dict[str, Callable[..., Outcome]] = {
            "statements": operations.store_statements,
            "votes": operations.store_votes,
        }

        def store(kind: str, records: Sequence[Any], number: int) -> Outcome:
            with unit_of_work():
                return stores[kind](SYSTEM, run, records, number)

        read_through(order.archive, report, store, show)
        with unit_of_work():
            operations.finish_import(SYSTEM, run)


def read_through(archive: Archive, report: Report, store: Store, show: Callable[[int], None]) -> None:
    """Hands both files to `store` batch by batch. A batch's number is its place in the file, whatever it holds."""
    files = {
        "statements": (archive.statements(), STATEMENTS_A_BATCH),
        "votes": (archive.votes(), VOTES_A_BATCH),
    }
    for kind, (records, size) in files.items():
        for number, batch in enumerate(_batches(records, size)):
            report.add(store(kind, report.usable(kind, batch), number))
            show(archive.position)


def _batches(records: Iterator[Any], size: int) -> Iterator[list[Any]]:
    while batch := list(islice(records, size)):
        yield batch


def _store_nothing(_kind: str, _records: Sequence[Any], _number: int) -> Outcome:
    return Outcome()


def _start(order: Order, report: Report) -> Run:
    with unit_of_work():
        known = find_challenge_id(order.slug)
        challenge = get_visible_challenge_by_id(SYSTEM, known) if known else _new_challenge(order)
        run = operations.start_import(SYSTEM, order.origin, challenge, known is None, order.language)
    report.stored["challenges"] += known is None
    return run


def _new_challenge(order: Order) -> ChallengeView:
    return create_challenge(SYSTEM, order.slug, challenge_text(order.archive.conversation, order.language))


def challenge_text(conversation: Conversation, language: str) -> ChallengeText:
    """The draft's words: the topic as title, the description as problem and, shortened, as summary."""
    return ChallengeText(
        title=excerpt(conversation.topic, TITLE_LENGTH - 1),
        summary=excerpt(conversation.description or conversation.topic, SUMMARY_LENGTH - 1),
        problem=conversation.description[:PROBLEM_LENGTH],
        language=language,
    )


def _refuse_unusable(slug: str, language: str, licence: str) -> None:
    if not slug or slugify(slug, SLUG_LENGTH) != slug:
        raise click.ClickException(
            f"--challenge takes lower-case letters, digits and hyphens, at most {SLUG_LENGTH}, not {slug!r}"
        )
    if not LANGUAGE.fullmatch(language):
        raise click.ClickException(f"--language takes a code like es or pt-BR, not {language!r}")
    if len(licence) > LICENCE_LENGTH:
        raise click.ClickException(f"--licence takes at most {LICENCE_LENGTH} characters")


def _in_words(figures: dict[str, int]) -> str:
    return ", ".join(f"{number} {kind}" for kind, number in figures.items())
