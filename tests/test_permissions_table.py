"""Who may do what, and when: the tables in `permission_tables/`, one file a feature, run in full.

A table begins with an action and what it is done to; its columns are moments of a challenge (with a published
contribution), or states of a contribution (in exploration, or `at any moment` where the title says so), or
`always`. A cell says `yes`, or what stands in the way. `everybody else` covers the people not named.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import pytest

from lab.contributions.models import State
from lab.core.permissions import declared_actions, why_not
from tests.permission_world import MOMENTS, PEOPLE, STATES, SUBJECTS

FOLDER = Path(__file__).parent / "permission_tables"
REST = "everybody else"
ANY_MOMENT = ", at any moment"
# The word a table uses for each predicate that may stand in the way.
WORDS = {
    "administers": "role",
    "facilitates": "role",
    "moderates": "role",
    "is_modest": "role",
    "leads_scope": "role",
    "is_system": "role",
    "signed_in": "account",
    "known_well_enough": "account",
    "known_well_enough_for_support": "account",
    "known_well_enough_for_comment": "account",
    "consented": "consent",
    "is_author": "author",
    "can_be_answered": "state",
    "has_room_below": "depth",
    "is_withdrawn": "state",
    "is_draft": "state",
    "is_held": "state",
    "is_hidden": "state",
    "is_published": "state",
    "is_unfinished": "state",
    "is_open_to_public": "unpublished",
    "is_running": "phase",
    "phase_asks_for_kind": "phase",
    "phase_allows_support": "phase",
    "phase_allows_comment": "phase",
    "is_writable": "readonly",
    "window_is_open": "window",
}


@dataclass(frozen=True)
class Table:
    """One action on one kind of subject: people by columns."""

    feature: str
    action: str
    subject: str
    at_any_moment: bool
    columns: tuple[str, ...]
    rows: dict[str, tuple[str, ...]]

    def __str__(self) -> str:
        return f"{self.action}-{self.subject}".replace(" ", "-")

    def expected(self) -> Iterator[tuple[str, str, str]]:
        """(person, column, word) for everybody."""
        for person in PEOPLE:
            cells = self.rows.get(person) or self.rows[REST]
            yield from ((person, column, word) for column, word in zip(self.columns, cells, strict=True))


def read_tables() -> Iterator[Table]:
    for path in sorted(FOLDER.glob("*.txt")):
        text = "\n".join(line for line in path.read_text().splitlines() if not line.startswith("#"))
        for block in text.split("\n\n"):
            if block.strip():
                yield read_table(path.stem, block.strip().splitlines())


def read_table(feature: str, lines: list[str]) -> Table:
    action, _, subject = lines[0].removesuffix(ANY_MOMENT).partition(": ")
    columns = tuple(lines[1].split())
    rows: dict[str, tuple[str, ...]] = {}
    for line in lines[2:]:
        words = line.split()
        people, cells = words[: -len(columns)], tuple(words[-len(columns) :])
        for person in [REST] if " ".join(people) == REST else people:
            assert person == REST or person in PEOPLE, f"{action}: who is {person}?"
            assert person not in rows, f"{action}: {person} stands there twice"
            rows[person] = cells
    return Table(feature, action.strip(), subject.strip(), lines[0].endswith(ANY_MOMENT), columns, rows)


TABLES = list(read_tables())


def actions() -> dict[str, Enum]:
    return {str(action): action for action in declared_actions()}


def situations(column: str, at_any_moment: bool) -> Iterator[tuple[str, State]]:
    """The moments and states that a column stands for."""
    if column in MOMENTS:
        yield column, State.PUBLISHED
        return
    assert column in STATES or column == "always", column
    state = State.PUBLISHED if column == "always" else State(column)
    everywhere = at_any_moment or column == "always"
    yield from ((moment, state) for moment in (MOMENTS if everywhere else ["exploration"]))


@pytest.mark.usefixtures("session_app")
@pytest.mark.parametrize("table", TABLES, ids=str)
def test_everybody_may_do_what_the_table_says_and_nothing_else(table):
    action, make = actions()[table.action], SUBJECTS[table.subject]
    wrong = []
    for person, column, word in table.expected():
        for moment, state in situations(column, table.at_any_moment):
            obstacle = why_not(PEOPLE[person], action, make(MOMENTS[moment], state))
            found = WORDS[obstacle.name] if obstacle else "yes"
            if found != word:
                wrong.append(f"{person}, {column} ({moment}): the table says {word}, the program {found}")
    assert not wrong, "\n".join(wrong)


def test_every_declared_action_stands_in_a_table(session_app):
    assert set(actions()) == {table.action for table in TABLES}


def test_every_action_stands_in_the_file_of_its_feature(session_app):
    for table in TABLES:
        room = type(actions()[table.action]).__module__
        assert room == f"lab.{table.feature}.permissions", table
