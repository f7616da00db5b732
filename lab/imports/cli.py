"""`lab import`: bring a conversation in, list what was brought, take one out again."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import OperationalError

from lab.challenges.models import SLUG_LENGTH
from lab.core.actors import SYSTEM
from lab.core.cli import with_app
from lab.core.db import unit_of_work
from lab.core.text import slugify
from lab.imports import operations, queries
from lab.imports.models import LICENCE_LENGTH
from lab.imports.polis import Archive, BadArchive
from lab.imports.runs import PROBLEMS_KEPT, Order, Report, bring, rehearse

LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")


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
            rehearse(order.archive, report, show)
        else:
            with_app(bring)(order, report, show)
    _tell(report)


@group.command()
@click.argument("import_id", metavar="ID", type=int)
@with_app
def undo(import_id: int) -> None:
    """Remove everything an import brought, unless people here have commented on it or support it."""
    with unit_of_work():
        removal = operations.undo_import(SYSTEM, queries.get_import(import_id))
    click.echo(f"import {import_id} undone: {_in_words(removal.figures)} removed")
    if removal.challenge_gone:
        click.echo(f"the challenge {removal.challenge_slug}, which it had made, is gone too")


@group.command("list")
@with_app
def list_all() -> None:
    """Every import, the newest first."""
    for row in queries.list_imports():
        state = "undone" if row.undone_at else "complete" if row.finished_at else "interrupted"
        figures = _in_words(row.figures) if row.figures else "-"
        click.echo(f"{row.id}\t{state}\t{row.source}\t{row.challenge_slug}\t{figures}\t{row.instance}")


def _tell(report: Report) -> None:
    """The problems on stderr; on stdout, as its last line, the figures as JSON."""
    for problem in report.problems:
        click.echo(f"{problem.file}, line {problem.line}: {problem.reason}", err=True)
    if len(report.problems) == PROBLEMS_KEPT:
        click.echo(f"only the first {PROBLEMS_KEPT} problems are listed", err=True)
    click.echo(json.dumps(report.figures()))


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
    return ", ".join(f"{figures[kind]} {kind}" for kind in ("people", "statements", "casts") if kind in figures)
