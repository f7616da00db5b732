"""Small conversations in the shape of a Polis export, made by hand, and the two ways to bring one in."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from lab.imports.polis import Archive
from lab.imports.runs import Order, Report, bring

SLUG = "reto-importado"
START = 1_500_000_000_000
STATEMENT_HEADER = (
    "timestamp",
    "datetime",
    "comment-id",
    "author-id",
    "agrees",
    "disagrees",
    "moderated",
    "comment-body",
)
VOTE_HEADER = ("timestamp", "datetime", "comment-id", "voter-id", "vote")
BODIES = ("Medir el agua de cada pozo", "Publicar los horarios", "Avisar por radio")


def an_export(
    folder: Path,
    statements: Iterable[Sequence[Any]] | None = None,
    votes: Iterable[Sequence[Any]] = (),
    url: str = "https://pol.is/prueba",
) -> Path:
    """`statements` are (id, author, text, moderated), `votes` (second, statement, person, value)."""
    folder.mkdir(exist_ok=True)
    if statements is None:
        statements = [(number, 0, body, 1) for number, body in enumerate(BODIES)]
    facts = [
        ("topic", "¿Cómo cuidamos el agua?"),
        ("url", url),
        ("conversation-description", "Entre todos, y a tiempo."),
    ]
    write(folder / "summary.csv", facts)
    rows = [(START, "", key, author, 0, 0, moderated, body) for key, author, body, moderated in statements]
    write(folder / "comments.csv", [STATEMENT_HEADER, *rows])
    events = [(START + second * 1000, "", key, person, value) for second, key, person, value in votes]
    write(folder / "votes.csv", [VOTE_HEADER, *events])
    return folder


def write(path: Path, rows: Iterable[Sequence[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def bring_in(folder: Path, slug: str = SLUG) -> Report:
    """Imports as the command does, in the application of the test."""
    report = Report()
    bring(Order(Archive(folder), slug, "es", "CC BY 4.0"), report, lambda position: None)
    return report
