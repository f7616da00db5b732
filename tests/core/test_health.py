"""Whether the program can do its work, as whoever balances the load asks."""

import pytest
from sqlalchemy import text

from lab.core.db import db


def rename(table: str, to: str) -> None:
    with db.engine.begin() as connection:
        connection.execute(text(f"alter table {table} rename to {to}"))


def test_whole_installation_is_ready(client):
    assert client.get("/readyz").text == "ready\n"


@pytest.mark.parametrize("table", ["alembic_version", "procrastinate_jobs"])
def test_installation_half_made_is_not_ready(client, table):
    rename(table, "elsewhere")
    try:
        answer = client.get("/readyz")
    finally:
        rename("elsewhere", table)
    assert (answer.status_code, answer.text) == (503, "tables missing\n")
    assert answer.headers["Retry-After"] == "10"
    assert client.get("/readyz").status_code == 200


def test_schema_of_another_version_is_not_ready(client):
    with db.engine.begin() as connection:
        present = connection.execute(text("select version_num from alembic_version")).scalar_one()
        connection.execute(text("update alembic_version set version_num = 'other'"))
    try:
        answer = client.get("/readyz")
    finally:
        with db.engine.begin() as connection:
            connection.execute(text("update alembic_version set version_num = :present"), {"present": present})
    assert (answer.status_code, answer.text) == (503, "migrations pending\n")
