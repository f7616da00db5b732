"""`lab migrate`: what `lab up` brings to a database, for installations that run each role alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

ROOT = Path(__file__).resolve().parents[2]
COUNTS = text("select (select count(*) from legal_texts), (select count(*) from challenges)")
DEAD_DATABASE = "postgresql://lab:hidden-word@127.0.0.1:1/lab"


def migrate(folder: Path, url: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lab.cli", "migrate"]
    environment = dict(os.environ) | {"LAB_DATA": str(folder), "DATABASE_URL": url, "SECRET_KEY": ""}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)


def execute(url: str, statement) -> list[tuple[object, ...]]:
    with create_engine(url, poolclass=NullPool).begin() as connection:
        answer = connection.execute(statement)
        return [tuple(row) for row in answer] if answer.returns_rows else []


def the_line_of(answer: subprocess.CompletedProcess[str]) -> str:
    lines = (answer.stdout + answer.stderr).splitlines()
    assert len(lines) == 1, lines
    return lines[0]


def test_empty_database_gets_its_schema_and_texts_but_no_demonstration_and_again_nothing(own_database, tmp_path):
    for _ in range(2):
        answer = migrate(tmp_path / "var", own_database)
        assert (answer.returncode, the_line_of(answer)) == (0, "migrations and legal texts are complete")
        assert execute(own_database, COUNTS) == [(8, 0)]


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        ("create table people (id int)", "already exists"),
        ("create table alembic_version (version_num varchar(32)); insert into alembic_version values ('f')", "'f'"),
    ],
)
def test_database_that_cannot_be_migrated_is_refused_in_one_line(own_database, tmp_path, spoilt, reason):
    execute(own_database, text(spoilt))
    answer = migrate(tmp_path, own_database)
    assert answer.returncode == 1
    assert reason in the_line_of(answer)


def test_database_that_is_away_is_refused_without_its_password(tmp_path):
    answer = migrate(tmp_path, DEAD_DATABASE)
    assert answer.returncode == 1
    assert "does not answer" in the_line_of(answer)
    assert "hidden-word" not in answer.stderr
