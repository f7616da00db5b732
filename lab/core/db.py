"""The database: one declarative base, reads without transactions, and the only place that commits."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from flask import Flask, g
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session
from sqlalchemy import (
    Connection,
    CursorResult,
    DateTime,
    Engine,
    Executable,
    MetaData,
    Row,
    Select,
    event,
    func,
    select,
)
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.orm import DeclarativeBase

Record = Row[*tuple[Any, ...]]
Query = Select[*tuple[Any, ...]]
READING = "reading"
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Every table. Times are timestamps with zone, always."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: DateTime(timezone=True)}


@dataclass
class Unit:
    """One unit of work: what was required in it, and what the world is told after its commit."""

    required: set[Any] = field(default_factory=set)
    published: list[Any] = field(default_factory=list)


class LabSession(Session):
    """Reads in AUTOCOMMIT (two round trips less a page); writes only inside a `unit_of_work`."""

    unit: Unit | None = None

    def get_bind(self, *args: Any, **kwargs: Any) -> Engine | Connection:
        return super().get_bind(*args, **kwargs) if self.unit else _reading()


db = SQLAlchemy(metadata=Base.metadata, session_options={"class_": LabSession, "autoflush": False})


class NothingRequired(RuntimeError):
    """A unit of work is about to commit although nothing asked whether the actor may: a defect, refused."""


def init_app(app: Flask, url: str, **engine_options: Any) -> None:
    """Binds the application to the database at `url` (SQLAlchemy's form, psycopg2)."""
    options = {"pool_size": 10, "max_overflow": 10, "pool_timeout": 5} | engine_options
    # Reads have connections of their own: changing one to AUTOCOMMIT and back costs more than a small statement.
    reading = options | {"url": url, "isolation_level": "AUTOCOMMIT", "pool_reset_on_return": None}
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
    app.config["SQLALCHEMY_BINDS"] = {READING: reading}
    db.init_app(app)
    with app.app_context():
        for engine in db.engines.values():
            event.listen(engine, "handle_error", _forget_connections)
    app.teardown_appcontext(_stop_reading)


@contextmanager
def unit_of_work() -> Iterator[Unit]:
    """One transaction: everything or nothing, committed here and nowhere else.

    Refuses to commit when no operation in it called `require` (`NothingRequired`). After the commit the
    signals published inside are handed to their after-commit subscribers.
    """
    session = _session()
    if session.unit is not None:
        raise RuntimeError("a unit of work is already open: operations do not open their own")
    session.rollback()
    _stop_reading()  # nobody holds a connection while waiting for another
    session.unit = unit = Unit()
    try:
        yield unit
        if not unit.required:
            raise NothingRequired
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.unit = None
    _tell(unit)


def current_unit() -> Unit:
    """The open unit of work; refuses (`RuntimeError`) when a write is tried outside one."""
    unit = _session().unit
    if unit is None:
        raise RuntimeError("writes happen inside a unit of work")
    return unit


def run(statement: Executable, values: Mapping[str, Any] | None = None) -> CursorResult[Any]:
    """Runs a statement on columns past the ORM, which would cost as much again as the statement itself.

    Inside a unit of work it is part of it; elsewhere it reads, over one connection a request.
    """
    session = _session()
    return (session.connection() if session.unit else _reading()).execute(statement, values)


class Carried:
    """Columns of one feature that statements of higher ones carry along: one round trip answers for both."""

    def __init__(self, prefix: str, columns: Iterable[Any]) -> None:
        named = {f"{prefix}_{column.key}": column for column in columns}
        self.columns = [column.label(label) for label, column in named.items()]
        self._names = [(label, label.removeprefix(f"{prefix}_")) for label in named]

    def of(self, row: Record) -> dict[str, Any]:
        """The values in a row whose statement carried them, by their own names."""
        found = row._mapping
        return {name: found[label] for label, name in self._names}


def database_now() -> datetime:
    """The database's clock: the start of the transaction inside a unit of work."""
    return db.session.execute(select(func.now())).scalar_one()


def _session() -> LabSession:
    return cast(LabSession, db.session())


def _reading() -> Connection:
    if "reading" not in g:
        g.reading = db.engines[READING].connect()
    return cast(Connection, g.reading)


def _stop_reading(_error: BaseException | None = None) -> None:
    connection = g.pop("reading", None)
    if connection is not None:
        connection.close()


def _forget_connections(failure: ExceptionContext) -> None:
    """A connection lost to a stopped database means all are lost: both pools begin anew, one answer fails, not two."""
    if failure.is_disconnect:
        for engine in db.engines.values():
            engine.dispose(close=False)


def _tell(unit: Unit) -> None:
    from lab.core.signals import deliver_after_commit  # signals needs the unit: the cycle ends here

    deliver_after_commit(unit.published)
