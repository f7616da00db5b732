"""One case measured on both programs in turns, and what it cost ours in the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

from flask import Flask
from sqlalchemy import Engine, event
from werkzeug.test import EnvironBuilder, run_wsgi_app

from bench import load
from bench.cases import Case, Requests

WARM_UP = 0.2
BYTES_APART = 0.10


@dataclass(frozen=True)
class Pair:
    """Where both programs answer."""

    ours: load.Address
    floor: load.Address


@dataclass(frozen=True)
class Effort:
    """How often and how long to measure."""

    rounds: int = 5
    seconds: float = 0.8


class Unfair(Exception):
    """The programs did not do the same: the figures would say nothing."""


def compare(case: Case, requests: Requests, pair: Pair, effort: Effort) -> tuple[dict[str, Any], float]:
    """The case's line, and the largest share of a core the generator used. The median of the rounds counts,
    for the ratios the median of the rounds' own ratios.

    Refuses (`Unfair`) answers other than expected, and floor pages not within 10 % of our bytes.
    """
    rounds = [(_load(case, requests, pair, effort), _load(case, requests, pair, effort, floor=True))]
    rounds = [
        (_load(case, requests, pair, effort), _load(case, requests, pair, effort, floor=True))
        for _ in range(effort.rounds)
    ]
    ours, floor = [a for a, _ in rounds], [b for _, b in rounds]
    _refuse_unequal(case, ours[0].size, floor[0].size)
    line = {
        "case": case.name,
        "ideas": case.ideas,
        "signed_in": case.signed_in,
        "connections": case.connections,
        "ours_rps": round(median(each.rps for each in ours), 1),
        "floor_rps": round(median(each.rps for each in floor), 1),
        "ratio": round(median(a.rps / b.rps for a, b in rounds), 3),
        "p95_ratio": round(median(a.p95 / b.p95 for a, b in rounds), 2),
        "bytes": ours[0].size,
    }
    return line, max(each.busy for each in ours + floor)


def warm_up(case: Case, requests: Requests, pair: Pair) -> None:
    """Lets both programs compile, connect and remember what they remember."""
    for floor in (False, True):
        _load(case, requests, pair, Effort(1, WARM_UP), floor)


def count_queries(app: Flask, request: bytes) -> int:
    """How many statements our program sends for one request, asked of an application in this process."""
    with app.app_context(), _counting() as seen:
        run_wsgi_app(app.wsgi_app, environ_of(request), buffered=True)
    return len(seen)


def _load(case: Case, requests: Requests, pair: Pair, effort: Effort, floor: bool = False) -> load.Load:
    address = pair.floor if floor else pair.ours
    seen = load.run(address, requests.of(case, floor), case.connections, effort.seconds)
    expected = 200 if case.reads else 303
    if set(seen.statuses) != {expected}:
        raise Unfair(f"{case.name}: {'the floor' if floor else 'ours'} answered {dict(seen.statuses)}")
    return seen


def _refuse_unequal(case: Case, ours: int, floor: int) -> None:
    if abs(floor / ours - 1) > BYTES_APART:
        raise Unfair(f"{case.name}: ours sends {ours} bytes, the floor {floor}; see bench/templates")


@contextmanager
def _counting() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def environ_of(request: bytes) -> dict[str, Any]:
    """A raw request as an application in this process takes it."""
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, path, _ = first.split(" ")
    headers = [tuple(line.split(": ", 1)) for line in lines]
    return EnvironBuilder(path, method=method, headers=headers, data=body).get_environ()  # type: ignore[arg-type]
