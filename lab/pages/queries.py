"""Reads of what comes with the program: the page about the lab and the demonstration content."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import exists, select

from lab.challenges.models import Challenge
from lab.core.db import db
from lab.core.i18n import SOURCE
from lab.pages.models import DemonstrationRemoval

FOLDER = Path(__file__).resolve().parent
PEOPLE = "people.toml"
Table = dict[str, Any]


@dataclass(frozen=True)
class AboutText:
    """The page about the lab; `language` is the one it is really written in."""

    title: str
    body: str
    language: str


@cache
def get_about(language: str) -> AboutText:
    """The text in this language, or in Spanish where it has none."""
    path = FOLDER / "about" / f"{language}.md"
    if not path.exists():
        return get_about(SOURCE)
    title, _, body = path.read_text().partition("\n")
    return AboutText(title.removeprefix("# ").strip(), body.strip(), language)


def list_demo_people() -> list[Table]:
    people: list[Table] = _read(FOLDER / "demo" / PEOPLE)["people"]
    return people


def list_demo_challenges() -> list[Table]:
    return [_read(path) for path in _demo_files()]


def has_begun() -> bool:
    """Whether this installation has challenges of any kind, drafts too, or somebody took the demonstration away."""
    begun = exists().select_from(Challenge) | exists().select_from(DemonstrationRemoval)
    return bool(db.session.execute(select(begun)).scalar_one())


def _demo_files() -> Iterator[Path]:
    return (path for path in sorted((FOLDER / "demo").glob("*.toml")) if path.name != PEOPLE)


def _read(path: Path) -> Table:
    return tomllib.loads(path.read_text())
