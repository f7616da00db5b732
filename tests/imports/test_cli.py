"""The command: what it prints, what it refuses, and that a kill in the middle leaves nothing by halves."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from config import environment_with
from lab.cli import main
from lab.core.db import db
from lab.imports import queries
from tests.imports.exports import SLUG, an_export, bring_in
from tests.servers import PATIENCE, wait_until

PEOPLE, STATEMENTS = 200, 80
# Casts and tallies by the names that both imports share; ids differ from one import to the other.
CASTS = text("""
    select c.title, p.display_name, k.value, k.cast_at from casts k
    join ballots b on b.id = k.ballot_id join challenges h on h.id = b.challenge_id
    join contributions c on c.id = k.option_id join people p on p.id = k.person_id where h.slug = :slug order by 1, 2
""")
TALLIES = text("""
    select c.title, t.value, t.casts from tallies t join contributions c on c.id = t.option_id
    join challenges h on h.id = c.challenge_id where h.slug = :slug order by 1, 2
""")
FIGURES = text("""
    select h.title, h.idea_count, i.figures, i.finished_at is null from challenges h
    join imports i on i.challenge_id = h.id where h.slug = :slug
""")


@pytest.fixture
def folder(app, tmp_path) -> Path:
    return an_export(tmp_path / "conversación", votes=[(0, 0, 1, 1), (1, 0, 1, -1), (0, 0, 2, 7)])


@pytest.fixture
def start(database_url: str, data_folder: Path) -> Callable[..., subprocess.Popen[str]]:
    """Starts `lab import …` as a process of its own on the database of the test."""
    environment = environment_with(DATABASE_URL=database_url, LAB_DATA=str(data_folder), SECRET_KEY="only-for-tests")

    def run(*words: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "lab.cli", "import", *map(str, words)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(command, env=environment, text=True, **pipes)

    return run


def told(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    output, errors = process.communicate(timeout=PATIENCE * 2)
    return process.returncode, output, errors


def refused(*words: object) -> Result:
    """A command that must end before it needs a database."""
    return CliRunner().invoke(main, ["import", *map(str, words)])


def test_operator_imports_lists_and_undoes(folder, start):
    code, output, errors = told(start("polis", folder, "--challenge", SLUG))
    assert (code, json.loads(output.splitlines()[-1])) == (
        0,
        {
            "read": {"statements": 3, "votes": 3},
            "stored": {"challenges": 1, "people": 2, "statements": 3, "casts": 1, "replaced": 0},
            "skipped": {"earlier_vote": 1, "vote is not 1, 0 or -1": 1},
        },
    )
    assert "votes.csv, line 4: vote is not 1, 0 or -1" in errors
    _, listed, _ = told(start("list"))
    number, state = listed.split("\t")[:2]
    assert state == "complete"
    _, undone, _ = told(start("undo", number))
    assert f"import {number} undone: 2 people, 3 statements, 1 casts removed" in undone
    code, again, _ = told(start("undo", number))
    assert (code, again) == (0, undone)


def test_dry_run_reads_all_and_needs_no_database(folder):
    answer = refused("polis", folder, "--challenge", SLUG, "--dry-run")
    figures = json.loads(answer.stdout.splitlines()[-1])
    assert (answer.exit_code, figures["read"]) == (0, {"statements": 3, "votes": 3})
    assert (set(figures["stored"].values()), figures["skipped"]) == ({0}, {"vote is not 1, 0 or -1": 1})
    assert queries.list_imports() == []


def test_only_the_first_problems_are_listed_and_all_are_counted(folder):
    an_export(folder, votes=[(0, 0, 1, 7)] * 130)
    answer = refused("polis", folder, "--challenge", SLUG, "--dry-run")
    assert answer.stderr.count("vote is not") == 100
    assert json.loads(answer.stdout.splitlines()[-1])["skipped"] == {"vote is not 1, 0 or -1": 130}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["no-hay", "--challenge", SLUG], "Error: no-hay is not a folder\n"),
        (["", "--challenge", "Con Espacios"], "Error: --challenge takes lower-case letters"),
        (["", "--challenge", "a" * 81], "Error: --challenge takes lower-case letters"),
        (["", "--challenge", SLUG, "--language", "español"], "Error: --language takes a code like es or pt-BR"),
        (["", "--challenge", SLUG, "--licence", "x" * 201], "Error: --licence takes at most 200 characters"),
    ],
)
def test_bad_input_is_refused_in_one_line(words, sentence):
    answer = refused("polis", *words)
    assert answer.exit_code == 1
    assert answer.stderr.startswith(sentence)
    assert answer.stderr.count("\n") == 1


def test_import_killed_in_the_middle_and_run_again_ends_equal(app, tmp_path, start):
    votes = [(turn, key, person, 1 - turn) for key in range(STATEMENTS) for person in range(PEOPLE) for turn in (0, 2)]
    statements = [(key, key, f"Propuesta número {key}", 1 if key % 5 else -1) for key in range(STATEMENTS)]
    folder = an_export(tmp_path / "larga", statements, votes)
    process = start("polis", folder, "--challenge", "a-medias")
    wait_until(lambda: cast_count("a-medias") > 0 or process.poll() is not None)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert (process.returncode, 0 < cast_count("a-medias") < STATEMENTS * PEOPLE) == (-signal.SIGKILL, True)
    bring_in(folder, "a-medias")
    bring_in(folder, "entera")
    for query in (CASTS, TALLIES, FIGURES):
        assert rows(query, "a-medias") == rows(query, "entera")


def rows(query, slug: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in db.session.execute(query, {"slug": slug})]


def cast_count(slug: str) -> int:
    return len(rows(CASTS, slug))
