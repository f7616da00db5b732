"""The schema's history: brings a database to the newest migration, and says how far it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import flask_migrate
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from flask import Flask
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from lab.core import db

FOLDER = Path(__file__).resolve().parents[2] / "migrations"
ADVISORY_LOCK = 5_714_081


class MigrationError(Exception):
    """The schema could not be brought to the newest migration; the text is one line for the operator."""


def upgrade(url: str) -> None:
    """Runs the missing migrations; several starters at once take turns, and a second run does nothing.

    Refuses with `MigrationError` a database that they do not fit or that a newer program made.
    """
    if not pending(url):
        return
    try:
        _upgrade(url)
    except (SQLAlchemyError, CommandError) as error:
        raise MigrationError(f"the migrations failed: {str(error).splitlines()[0]}") from error


def pending(url: str) -> bool:
    """Whether the database lacks migrations this program has."""
    with _connection(url) as connection:
        present = set(MigrationContext.configure(connection).get_current_heads())
    return present != set(ScriptDirectory(str(FOLDER)).get_heads())


def _upgrade(url: str) -> None:
    with _connection(url) as connection:
        # Outside a transaction: waiting inside one would block an index that is built concurrently.
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ADVISORY_LOCK})
        with _application(url).app_context():
            flask_migrate.upgrade(str(FOLDER))


def _application(url: str) -> Flask:
    """An application with a database and nothing else: migrations know no feature."""
    app = Flask("lab.migrations")
    db.init_app(app, url)
    flask_migrate.Migrate(app, db.db)
    return app


@contextmanager
def _connection(url: str) -> Iterator[Connection]:
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()
