"""Acknowledged is stored, once: the short form of `python -m bench.durability`, with its positive control."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from bench import durability
from bench.durability import House, Outcome, Plan
from lab.core.db import db

PLAN = Plan(writes=400, guests=20, ideas=10, kill_after=(60, 120), restarts=2)


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with durability.house(PLAN) as running:
        yield running


@pytest.fixture(scope="module")
def outcome(house: House) -> Outcome:
    return house.run(PLAN)


def test_every_acknowledged_write_is_stored_once_through_kills_and_restarts(house: House, outcome: Outcome) -> None:
    findings = house.examine(outcome.ledger)
    assert outcome.ledger.surprises == []
    assert len(outcome.ledger.acknowledged) == PLAN.writes
    assert findings.clean, findings


def test_workers_and_database_really_died_under_the_writes(outcome: Outcome) -> None:
    assert outcome.kills >= 2
    assert outcome.restarts == PLAN.restarts
    assert outcome.ledger.retries > 0


def test_a_loss_and_a_doubling_would_have_been_seen(house: House, outcome: Outcome) -> None:
    damage(house, "delete from casts where (option_id, person_id) = (select option_id, person_id from casts limit 1)")
    damage(house, ONE_COMMENT_BECOMES_ANOTHER)
    findings = house.examine(outcome.ledger)
    assert (findings.lost, findings.doubled) == (2, 1)
    assert findings.miscounted == 3  # the support, and the comments of both ideas


def damage(house: House, statement: str) -> None:
    with house.app.app_context(), db.engine.begin() as connection:
        connection.execute(text(statement))


ONE_COMMENT_BECOMES_ANOTHER = """
update comments set body = pair.body, target_id = pair.target_id from (
  select k.id, o.body, o.target_id from comments k join contributions c on c.id = k.id
  join comments o on o.id < k.id
  join contributions a on a.id = o.id and a.author_id = c.author_id limit 1
) pair where comments.id = pair.id
"""
