"""Signals: inside the transaction or after it, and one bad listener harms no other."""

from collections import defaultdict
from dataclasses import dataclass

import pytest
from sqlalchemy import func, insert, select

from lab.accounts.models import Person
from lab.accounts.permissions import AccountAction
from lab.core import signals
from lab.core.actors import SYSTEM
from lab.core.db import db, unit_of_work
from lab.core.permissions import require
from lab.core.signals import publish, subscribe

pytestmark = pytest.mark.usefixtures("app")


@dataclass(frozen=True)
class SomethingHappened:
    number: int


@pytest.fixture(autouse=True)
def _own_listeners(monkeypatch):
    monkeypatch.setattr(signals, "_inside", defaultdict(list))
    monkeypatch.setattr(signals, "_after", defaultdict(list))


def happen(number: int = 1) -> None:
    with unit_of_work():
        require(SYSTEM, AccountAction.CREATE_PERSON)
        db.session.execute(insert(Person).values(display_name="Causa"))
        publish(SomethingHappened(number))


def names() -> list[str]:
    return list(db.session.execute(select(Person.display_name).order_by(Person.id)).scalars())


def fail(signal: SomethingHappened) -> None:
    raise ZeroDivisionError


def follow(signal: SomethingHappened) -> None:
    db.session.execute(insert(Person).values(display_name=f"Efecto {signal.number}"))


def test_what_a_subscriber_writes_inside_is_committed_with_the_cause():
    subscribe(SomethingHappened, follow)
    happen()
    assert names() == ["Causa", "Efecto 1"]


def test_a_failing_subscriber_inside_undoes_the_cause():
    subscribe(SomethingHappened, follow)
    subscribe(SomethingHappened, fail)
    with pytest.raises(ZeroDivisionError):
        happen()
    assert names() == []


def test_a_failing_listener_after_the_commit_harms_nobody():
    heard: list[int] = []
    subscribe(SomethingHappened, fail, when="after")
    subscribe(SomethingHappened, lambda signal: heard.append(signal.number), when="after")
    happen(5)
    assert heard == [5]
    assert names() == ["Causa"]


def test_listeners_after_the_commit_see_what_was_committed():
    seen: list[int] = []
    count = select(func.count()).select_from(Person)

    def look(signal: SomethingHappened) -> None:
        with db.engine.connect() as other:
            seen.append(other.execute(count).scalar_one())

    subscribe(SomethingHappened, look, when="after")
    happen()
    assert seen == [1]


def test_a_unit_that_fails_tells_nobody():
    heard: list[object] = []
    subscribe(SomethingHappened, heard.append, when="after")
    with pytest.raises(KeyError), unit_of_work():
        publish(SomethingHappened(1))
        raise KeyError
    assert heard == []


def test_a_subscriber_registered_twice_hears_once():
    heard: list[object] = []
    for _ in range(2):
        subscribe(SomethingHappened, heard.append, when="after")
    happen()
    assert len(heard) == 1


def test_signals_are_told_in_the_order_they_happened():
    heard: list[int] = []
    subscribe(SomethingHappened, lambda signal: heard.append(signal.number), when="after")
    with unit_of_work():
        require(SYSTEM, AccountAction.CREATE_PERSON)
        for number in (3, 1, 2):
            publish(SomethingHappened(number))
    assert heard == [3, 1, 2]
