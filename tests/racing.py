"""Races that really happen: everybody is let go at the same instant, and the defence can be taken away."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import text

from lab.core.db import db

PATIENCE = 30.0
SEATS = 25  # fewer than the application's pool of connections holds


def race(app: Flask, deeds: Sequence[Callable[[], Any]]) -> list[Any]:
    """Does each deed in a thread of its own, all at once; returns results and exceptions in order."""
    waves = [deeds[start : start + SEATS] for start in range(0, len(deeds), SEATS)]
    return [result for wave in waves for result in _wave(app, wave)]


def _wave(app: Flask, deeds: Sequence[Callable[[], Any]]) -> list[Any]:
    barrier = threading.Barrier(len(deeds))

    def run(deed: Callable[[], Any]) -> Any:
        with app.app_context():
            barrier.wait(PATIENCE)
            try:
                return deed()
            except Exception as refusal:
                return refusal

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(run, deeds))


class Gate:
    """A place between reading and writing where everybody waits for everybody."""

    def __init__(self, parties: int) -> None:
        self._barrier = threading.Barrier(parties)

    def wait(self) -> None:
        self._barrier.wait(PATIENCE)


@contextmanager
def without_constraint(table: str, name: str) -> Iterator[None]:
    """The positive control: the database without one of its promises, which returns with emptied rows."""
    definition = text("select pg_get_constraintdef(oid) from pg_constraint where conname = :name")
    with db.engine.begin() as connection:
        kept = connection.execute(definition, {"name": name}).scalar_one()
        connection.execute(text(f"alter table {table} drop constraint {name}"))
    try:
        yield
    finally:
        with db.engine.begin() as connection:
            connection.execute(text(f"delete from {table}"))
            connection.execute(text(f"alter table {table} add constraint {name} {kept}"))
