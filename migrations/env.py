"""Alembic's entry: runs the migrations over the application's own connection."""

from alembic import context
from flask import current_app

from lab.core.db import Base

FOREIGN_TABLES = "procrastinate_"


def include_name(name: str | None, kind: str, parent_names: dict[str, str | None]) -> bool:
    """The job queue's tables are its library's; autogenerate must not drop them."""
    return kind != "table" or not (name or "").startswith(FOREIGN_TABLES)


with current_app.extensions["migrate"].db.engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata, include_name=include_name)
    with context.begin_transaction():
        context.run_migrations()
