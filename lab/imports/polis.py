"""Reading a Polis export: by header name, row by row, with a reason for every row that cannot be used.

`votes.csv` is a log of events: the last one per person and statement counts. `agrees` and `disagrees` of
`comments.csv` count events, and `datetime` is in the exporter's own zone: neither is read.
"""

import csv
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import TextIOWrapper
from pathlib import Path
from typing import TypeVar

from lab.core.text import clean
from lab.ideas.models import BODY_LENGTH
from lab.imports.models import INSTANCE_LENGTH
from lab.imports.records import Statement, Vote

SUMMARY, STATEMENTS, VOTES = "summary.csv", "comments.csv", "votes.csv"
COLUMNS = {
    STATEMENTS: ("timestamp", "comment-id", "author-id", "moderated", "comment-body"),
    VOTES: ("timestamp", "comment-id", "voter-id", "vote"),
}
ID_LENGTH = 40
# As seconds the year 5138, as milliseconds 1973: no conversation is that late or that early.
FIRST_IN_MILLISECONDS = 10**11
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
SIGNS = {"1": 1, "0": 0, "-1": -1}
NOT_UTF_8 = re.compile("[\udc80-\udcff]")

T = TypeVar("T")
Row = Mapping[str, str]


class BadArchive(Exception):
    """This folder is no Polis export; the text is one line for the operator."""


class BadRow(Exception):
    """Why a row cannot be used."""


@dataclass(frozen=True)
class Problem:
    """A row that is skipped whole. `line` is where it begins in the file."""

    file: str
    line: int
    reason: str


@dataclass(frozen=True)
class Conversation:
    """What the summary says. `instance` tells one conversation from another: its address, else the folder."""

    topic: str
    description: str
    instance: str


class Archive:
    """A folder of exported files. `votes` is read after `statements`, whose ids it checks against."""

    def __init__(self, folder: Path) -> None:
        """Refuses with `BadArchive` a folder, a file or a column that is missing."""
        if not folder.is_dir():
            raise BadArchive(f"{folder} is not a folder")
        self._folder = folder
        self._known: set[str] = set()
        self._read = 0
        self._reading: TextIOWrapper | None = None
        self.conversation = _conversation(folder)
        for file, columns in COLUMNS.items():
            _refuse_without(folder / file, columns)
        self.size = sum((folder / file).stat().st_size for file in COLUMNS)

    @property
    def position(self) -> int:
        """How many of the `size` bytes have been read."""
        return self._read + (os.lseek(self._reading.fileno(), 0, os.SEEK_CUR) if self._reading else 0)

    def statements(self) -> Iterator[Statement | Problem]:
        """Every row of `comments.csv`, in the file's order."""
        return self._records(STATEMENTS, self._statement)

    def votes(self) -> Iterator[Vote | Problem]:
        """Every event of `votes.csv` in the file's order, re-votes and duplicates included."""
        return self._records(VOTES, self._vote)

    def _records(self, file: str, understood: Callable[[Row], T]) -> Iterator[T | Problem]:
        with self._counted(file) as text:
            rows = _rows(text)
            names = _names(next(rows).cells())
            for row in rows:
                try:
                    yield understood(_named(names, row.cells()))
                except BadRow as bad:
                    yield Problem(file, row.line, str(bad))

    @contextmanager
    def _counted(self, file: str) -> Iterator[TextIOWrapper]:
        with _opened(self._folder / file) as text:
            self._reading = text
            try:
                yield text
            finally:
                self._read = self.position
                self._reading = None

    def _statement(self, row: Row) -> Statement:
        key, body = _id(row["comment-id"]), clean(row["comment-body"])
        if key in self._known:
            raise BadRow("the statement's id stands in an earlier row too")
        if not body:
            raise BadRow("the text is empty")
        if len(body) > BODY_LENGTH:
            raise BadRow(f"the text is longer than {BODY_LENGTH} characters")
        rejected = _sign(row["moderated"], "moderated") < 0
        statement = Statement(key, _id(row["author-id"]), body, _moment(row["timestamp"]), rejected)
        self._known.add(key)
        return statement

    def _vote(self, row: Row) -> Vote:
        statement = _id(row["comment-id"])
        if statement not in self._known:
            raise BadRow(f"the statement is not among the usable rows of {STATEMENTS}")
        return Vote(statement, _id(row["voter-id"]), _sign(row["vote"], "vote"), _moment(row["timestamp"]))


@dataclass(frozen=True)
class _Line:
    """A row as the CSV reader gave it, or what it said instead."""

    line: int
    read: Sequence[str] | csv.Error

    def cells(self) -> Sequence[str]:
        if isinstance(self.read, csv.Error):
            raise BadRow("the row's quotes or length cannot be understood") from self.read
        if NOT_UTF_8.search("".join(self.read)):
            raise BadRow("the row is not UTF-8")
        return self.read


@contextmanager
def _opened(path: Path) -> Iterator[TextIOWrapper]:
    """Bytes that are no UTF-8 are kept recognisable, so that their row can be refused."""
    try:
        text = path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")
    except OSError as error:
        raise BadArchive(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from error
    with text:
        yield text


def _rows(text: TextIOWrapper) -> Iterator[_Line]:
    """Every row that is not blank, each with the line it begins in."""
    reader = csv.reader(text, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield _Line(line, error)
        else:
            if cells:
                yield _Line(line, cells)


def _conversation(folder: Path) -> Conversation:
    name = folder.resolve().name
    with _opened(folder / SUMMARY) as text:
        try:
            lines = [row.cells() for row in _rows(text)]
        except BadRow as bad:
            raise BadArchive(f"{folder / SUMMARY}: {bad}") from bad
    facts = {cells[0].strip(): clean(",".join(cells[1:])) for cells in lines}
    instance = facts.get("url") or name
    return Conversation(
        facts.get("topic") or name, facts.get("conversation-description", ""), instance[:INSTANCE_LENGTH]
    )


def _refuse_without(path: Path, columns: Sequence[str]) -> None:
    with _opened(path) as text:
        first = next(_rows(text), None)
        try:
            names = _names(first.cells()) if first else []
        except BadRow as bad:
            raise BadArchive(f"{path}: {bad}") from bad
    missing = [column for column in columns if column not in names]
    if missing:
        raise BadArchive(f"{path} has no column {', '.join(missing)}")


def _names(header: Sequence[str]) -> list[str]:
    return [name.strip().lower() for name in header]


def _named(names: Sequence[str], cells: Sequence[str]) -> Row:
    if len(cells) != len(names):
        raise BadRow("the row has not as many cells as the header")
    return dict(zip(names, cells, strict=True))


def _id(text: str) -> str:
    """Ids stay text: a leading zero belongs to them, and no width is too large for a number type."""
    key = text.strip()
    if not (key.isascii() and key.isdigit() and len(key) <= ID_LENGTH):
        raise BadRow("an id is not a whole number")
    return key


def _sign(text: str, column: str) -> int:
    try:
        return SIGNS[text.strip()]
    except KeyError:
        raise BadRow(f"{column} is not 1, 0 or -1") from None


def _moment(text: str) -> datetime:
    """Published files have milliseconds, the platform's present exporter seconds: the magnitude tells."""
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) <= ID_LENGTH):
        raise BadRow("the timestamp is not a whole number")
    number = int(digits)
    milliseconds = number if number >= FIRST_IN_MILLISECONDS else number * 1000
    if milliseconds >= (LATEST - EPOCH) // timedelta(milliseconds=1):
        raise BadRow("the timestamp is later than the year 2100")
    return EPOCH + timedelta(milliseconds=milliseconds)
