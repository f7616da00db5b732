"""Five published conversations, where LAB_TEST_DATA names the folder that holds `polis_opendata`."""

import csv
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import text

from config import environment_with
from lab.core.db import db
from lab.imports import queries
from lab.votes.queries import list_miscounted
from tests.imports.exports import bring_in

FOLDER = Path(environment_with().get("LAB_TEST_DATA", "")) / "polis_opendata"
# Statements, distinct pairs of voter and statement, people (authors who never voted included).
FIGURES = {
    "15-per-hour-seattle": (54, 2_872, 339),
    "austria-climate.5twd2jsnkf.2022-08-08": (522, 61_384, 1_117),
    "bg2050-volunteers": (371, 14_283, 126),
    "brexit-consensus": (50, 5_303, 204),
    "scoop-hivemind.taxes": (148, 17_335, 336),
}
CELLS = text("""
    select o.key as statement, p.key as person, k.value from casts k
    join imported_items o on o.entity = 'statement' and o.object_id = k.option_id
    join imported_items p on p.entity = 'person' and p.object_id = k.person_id
""")
TOTALS = text("""
    select o.key as statement, t.value, t.casts from tallies t
    join imported_items o on o.entity = 'statement' and o.object_id = t.option_id where t.casts > 0
""")

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="data set polis_opendata not present: set LAB_TEST_DATA to the folder that holds it"
)


@pytest.fixture(params=FIGURES)
def folder(request, app) -> Path:
    return FOLDER / request.param


def matrix(folder: Path) -> dict[tuple[str, str], int]:
    """Every filled cell of `participants-votes.csv`."""
    with (folder / "participants-votes.csv").open(encoding="utf-8", newline="") as file:
        return {
            (name, row["participant"]): int(value)
            for row in csv.DictReader(file)
            for name, value in row.items()
            if name.isdigit() and value
        }


def test_conversation_equals_its_matrix_and_a_second_run_stores_nothing(folder):
    report = bring_in(folder)
    stored = {(row.statement, row.person): row.value for row in db.session.execute(CELLS)}
    totals = {(row.statement, row.value): row.casts for row in db.session.execute(TOTALS)}
    cells = matrix(folder)
    assert (report.stored["statements"], report.stored["casts"], report.stored["people"]) == FIGURES[folder.name]
    assert stored == cells
    assert totals == Counter((statement, value) for (statement, _), value in cells.items())
    assert (report.problems, list_miscounted()) == ([], [])
    assert bring_in(folder).stored.total() == 0
    assert queries.list_imports()[0].figures["casts"] == len(cells)
