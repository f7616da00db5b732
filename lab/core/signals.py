"""Upwards only by signal: a lower feature publishes what happened, higher ones subscribe to it.

A signal is a frozen dataclass in the past tense that carries ids and plain values. Subscribers either join
the transaction (`when="inside"`: their writes commit or vanish with the cause) or hear of it after the commit
(`when="after"`: a failure is logged and harms nobody).
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, Literal

import structlog

from lab.core.db import current_unit, db

Subscriber = Callable[[Any], None]
log = structlog.get_logger(__name__)

_inside: dict[type, list[Subscriber]] = defaultdict(list)
_after: dict[type, list[Subscriber]] = defaultdict(list)


def subscribe(signal: type, subscriber: Subscriber, when: Literal["inside", "after"] = "inside") -> None:
    """Registers a subscriber once, however often the application is built."""
    listeners = (_inside if when == "inside" else _after)[signal]
    if subscriber not in listeners:
        listeners.append(subscriber)


def publish(signal: Any) -> None:
    """Tells the subscribers inside the transaction now, the others after the commit."""
    current_unit().published.append(signal)
    for subscriber in _inside[type(signal)]:
        with db.session.begin_nested():
            subscriber(signal)


def deliver_after_commit(published: list[Any]) -> None:
    """Called by `unit_of_work` once the commit stands; a failing listener is logged, the others still hear."""
    for signal in published:
        for subscriber in _after[type(signal)]:
            try:
                subscriber(signal)
            except Exception:
                log.exception("subscriber failed", signal=type(signal).__name__)
