"""Emptying the tables between tests, and databases of a test's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from uuid import uuid4

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from lab.accounts.models import LegalText
from lab.core.db import Base, db

KEPT = {"territories", "legal_texts"}
# The next transaction to write: unchanged since the last cleaning, there is nothing to clean.
_WRITES = text("select pg_snapshot_xmax(pg_current_snapshot())::text")
_clean_since: list[str] = []


def keep_legal_texts() -> None:
    """Gives the database short legal texts that every test finds again, as version 1."""
    texts = [
        {"key": key, "language": language, "version": 1, "title": key, "body": f"{key} ({language})"}
        for key in ("terms", "privacy", "consent", "notice")
        for language in ("es", "en")
    ]
    with db.engine.begin() as connection:
        connection.execute(LegalText.__table__.insert(), texts)


def empty_tables() -> None:
    """Removes every row but the territories, the job queue's own and the legal texts of `keep_legal_texts`.

    By deleting, which takes 5 ms for what a test writes: truncating all tables takes 90.
    """
    with db.engine.connect() as connection:
        if connection.execute(_WRITES).scalar_one() in _clean_since:
            return
    with db.engine.begin() as connection:
        _empty(connection)
    with db.engine.connect() as connection:
        _clean_since[:] = [connection.execute(_WRITES).scalar_one()]


@contextmanager
def spare_database() -> Iterator[str]:
    """The name of a new, empty database, dropped at the end whoever is still connected."""
    name = f"spare_{uuid4().hex[:12]}"
    server: Engine = db.engine.execution_options(isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"create database {name}"))
        yield name
        connection.execute(text(f"drop database {name} with (force)"))


def _empty(connection: Connection) -> None:
    connection.execute(text("set local lock_timeout = '5s'"))
    try:
        connection.execute(text(_deletions()))
    except DBAPIError as error:
        raise RuntimeError("a test before this one left a transaction open") from error


@cache
def _deletions() -> str:
    tables = [table.name for table in reversed(Base.metadata.sorted_tables) if table.name not in KEPT]
    return ";".join([*(f"delete from {name}" for name in tables), "delete from legal_texts where version > 1"])
