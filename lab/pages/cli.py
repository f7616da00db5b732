"""Demonstration content from the shell, and what a first start brings."""

from datetime import UTC, datetime

import click

from lab.accounts.operations import ensure_legal_texts
from lab.core.actors import SYSTEM
from lab.core.cli import with_app
from lab.core.db import unit_of_work
from lab.pages import operations, queries


@click.group(name="demo")
def group() -> None:
    """Bring or remove the demonstration challenges."""


@group.command()
@with_app
def load() -> None:
    """Bring the demonstration challenges; those already there stay as they are."""
    click.echo(_told(load_demonstration()))


@group.command()
@with_app
def remove() -> None:
    """Delete the demonstration challenges with everything in them, and their people."""
    with unit_of_work():
        removed = operations.remove_demonstration(SYSTEM)
    click.echo(f"removed {removed} demonstration challenges" if removed else "there was no demonstration content")


def ensure_first_content(demo: bool) -> None:
    """The legal texts, and the demonstration where nothing has begun yet; each start may call it."""
    with unit_of_work():
        ensure_legal_texts(SYSTEM)
    if demo and not queries.has_begun():
        load_demonstration()


def load_demonstration() -> list[str]:
    with unit_of_work():
        return operations.load_demonstration(SYSTEM, datetime.now(UTC))


def _told(slugs: list[str]) -> str:
    return f"loaded {', '.join(slugs)}" if slugs else "the demonstration challenges are already there"
