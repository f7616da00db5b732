"""The schema's history: brings a database to the newest migration, and says how far it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import flask_migrate
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from lab.core import db

FOLDER = Path(__file__).resolve().parents[2] / "migrations"
ADVISORY_LOCK = 5_714_081


def upgrade(url: str) -> None:
    """Runs the missing migrations; several starters at once take turns, and a second run does nothing."""
    if not pending(url):
        return
    with _connection(url) as connection:
        # Outside a transaction: waiting inside one would block an index that is built concurrently.
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ADVISORY_LOCK})
        with _application(url).app_context():
            flask_migrate.upgrade(str(FOLDER))


def pending(url: str) -> bool:
    """Whether the database lacks migrations this program has."""
    with _connection(url) as connection:
        present = set(MigrationContext.configure(connection).get_current_heads())
    return present != set(ScriptDirectory(str(FOLDER)).get_heads())


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
