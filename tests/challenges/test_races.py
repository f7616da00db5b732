"""Two facilitators, or one who presses twice: one challenge, one move, one plan; each with its control."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.exc import IntegrityError

from lab.challenges import operations
from lab.challenges.operations import ChallengeText, create_challenge, move_phase, plan_phases, set_rules
from lab.challenges.phases import Activity, Override, Period, Phase
from lab.challenges.queries import get_visible_challenge_by_id, list_moves
from lab.core.actors import SYSTEM
from lab.core.db import unit_of_work
from lab.core.errors import Conflict
from tests.factories.challenges import a_challenge, again
from tests.racing import Gate, race, without_constraint

HERD = 4


def create() -> None:
    with unit_of_work():
        create_challenge(SYSTEM, "agua", ChallengeText("Agua", "Resumen"))


def closing(challenge):
    """A deed for each of the herd, who give different reasons."""

    def close(reason: str) -> None:
        with unit_of_work():
            move_phase(SYSTEM, challenge, None, reason)

    return [lambda reason=f"Motivo {number}": close(reason) for number in range(HERD)]


def a_period() -> Period:
    return Period(Phase.MAPPING, datetime.now(UTC), datetime.now(UTC) + timedelta(days=1))


def plan(challenge) -> None:
    with unit_of_work():
        plan_phases(SYSTEM, challenge, [a_period()])


def rule(challenge) -> None:
    with unit_of_work():
        set_rules(SYSTEM, challenge, [Override(Activity.SUPPORT, Phase.MAPPING, False, None)])


def kinds(outcomes: list) -> list[type]:
    return [type(each) for each in outcomes if each is not None]


def test_many_who_want_one_address_get_one_challenge(app):
    assert kinds(race(app, [create] * HERD)) == [Conflict] * (HERD - 1)


def test_without_the_unique_address_everybody_gets_one(app, monkeypatch):
    class Anyway(Insert):
        inherit_cache = True

        def on_conflict_do_nothing(self, **_):
            return super().on_conflict_do_nothing()

    monkeypatch.setattr(operations, "upsert", Anyway)
    with without_constraint("challenges", "uq_challenges_slug"):
        assert kinds(race(app, [create] * HERD)) == []


def test_many_who_close_at_once_leave_one_move(app):
    challenge = a_challenge()
    assert kinds(race(app, closing(challenge))) == [Conflict] * (HERD - 1)
    assert len(list_moves(challenge.id)) == 1


def test_without_the_lock_everybody_closes(app, monkeypatch):
    challenge, gate = a_challenge(), Gate(HERD)

    def read_and_wait(actor, challenge_id):
        found = get_visible_challenge_by_id(actor, challenge_id)
        gate.wait()
        return found

    monkeypatch.setattr(operations, "_lock", lambda challenge_id: None)
    monkeypatch.setattr(operations, "get_visible_challenge_by_id", read_and_wait)
    assert kinds(race(app, closing(challenge))) == []
    assert len(list_moves(challenge.id)) == HERD


@pytest.mark.parametrize("deed", [plan, rule])
def test_many_who_save_at_once_all_save(app, deed):
    challenge = a_challenge()
    assert kinds(race(app, [lambda: deed(challenge)] * HERD)) == []
    assert len(again(challenge).stage.periods) == 1
    assert len(again(challenge).stage.overrides) == (deed == rule)


@pytest.mark.parametrize("deed", [plan, rule])
def test_without_the_lock_all_but_one_fail(app, monkeypatch, deed):
    challenge, gate = bare_challenge(), Gate(HERD)

    def insert_together(model):
        gate.wait()
        return insert(model)

    monkeypatch.setattr(operations, "_lock", lambda challenge_id: None)
    monkeypatch.setattr(operations, "insert", insert_together)
    assert kinds(race(app, [lambda: deed(challenge)] * HERD)) == [IntegrityError] * (HERD - 1)


def bare_challenge():
    """Without dates and rules, so that nobody waits for another's deletion."""
    with unit_of_work():
        return create_challenge(SYSTEM, "agua", ChallengeText("Agua", "Resumen"))
