"""Which phase runs: planned dates, manual steps, and the same rule in SQL."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import delete, insert, text

from lab.challenges.models import PhaseMove, PhasePeriod
from lab.challenges.phases import (
    CURRENT_PHASE,
    DEFAULTS,
    Activity,
    Move,
    Override,
    Period,
    Phase,
    Stage,
    current_stage,
)
from lab.core.actors import Assurance
from lab.core.db import db
from tests.factories.challenges import a_challenge, again, moved

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
EXPLORATION = Period(Phase.EXPLORATION, NOW - 10 * HOUR, NOW - 5 * HOUR)
MAPPING = Period(Phase.MAPPING, NOW - 5 * HOUR, NOW + 5 * HOUR)


def stage_after(*moves: Move, periods=(EXPLORATION, MAPPING), now=NOW) -> Stage:
    return current_stage(now, periods, moves)


def test_phase_runs_from_its_start_until_just_before_its_end():
    assert stage_after(now=EXPLORATION.starts_at).phase == Phase.EXPLORATION
    assert stage_after(now=EXPLORATION.starts_at - HOUR).phase is None
    assert stage_after(periods=[EXPLORATION], now=EXPLORATION.ends_at).phase is None


def test_where_one_phase_ends_and_another_begins_the_later_one_runs():
    assert stage_after(now=MAPPING.starts_at).phase == Phase.MAPPING


def test_challenge_is_over_after_its_last_phase_and_not_between_two():
    later = Period(Phase.MAPPING, NOW + HOUR, NOW + 2 * HOUR)
    assert stage_after(periods=[EXPLORATION]).closed
    assert not stage_after(periods=[EXPLORATION, later]).closed


def test_challenge_without_dates_has_not_begun():
    stage = stage_after(periods=[])
    assert (stage.phase, stage.closed) == (None, False)


def test_move_holds_until_the_next_planned_moment():
    back = Move(Phase.EXPLORATION, NOW - HOUR)
    assert stage_after(back).phase == Phase.EXPLORATION
    assert stage_after(back, now=MAPPING.ends_at).phase is None


def test_move_at_the_instant_of_a_start_wins():
    assert stage_after(Move(None, MAPPING.starts_at), now=MAPPING.starts_at).phase is None


def test_close_ends_everything_and_a_return_opens_again():
    close, reopen = Move(None, NOW - 2 * HOUR), Move(Phase.MAPPING, NOW - HOUR)
    assert stage_after(close).closed
    assert stage_after(close, reopen).phase == Phase.MAPPING


def test_future_move_does_not_count_yet():
    assert stage_after(Move(None, NOW + HOUR)).phase == Phase.MAPPING


def test_phase_closes_at_the_next_planned_moment_that_leaves_another_one():
    later = Period(Phase.EXPERIMENTATION, NOW + 8 * HOUR, NOW + 9 * HOUR)
    assert stage_after().closes_at == MAPPING.ends_at
    # Moved by hand before its time: the planned end of the phase before ends it too, unless its own begins there.
    early = stage_after(Move(Phase.EXPERIMENTATION, NOW - HOUR), periods=(EXPLORATION, MAPPING, later))
    assert early.closes_at == MAPPING.ends_at
    assert stage_after(Move(Phase.ADOPTION, NOW - HOUR)).closes_at == MAPPING.ends_at
    touching = Period(Phase.EXPERIMENTATION, MAPPING.ends_at, NOW + 9 * HOUR)
    joined = stage_after(Move(Phase.EXPERIMENTATION, NOW - HOUR), periods=(EXPLORATION, MAPPING, touching))
    assert joined.closes_at == touching.ends_at


def test_phase_without_a_planned_moment_ahead_has_no_end():
    assert stage_after(Move(Phase.ADOPTION, NOW - HOUR), periods=[EXPLORATION]).closes_at is None


def test_next_opening_is_told_only_while_no_phase_runs():
    later = Period(Phase.MAPPING, NOW + HOUR, NOW + 2 * HOUR)
    assert stage_after(periods=[EXPLORATION, later]).opens_at == later.starts_at
    assert stage_after(periods=[EXPLORATION, later]).closes_at is None
    assert stage_after().opens_at is None
    assert stage_after(periods=[EXPLORATION]).opens_at is None


@given(history=some.deferred(lambda: histories()))
def test_what_is_told_of_the_future_is_what_comes(history):
    periods, moves = history
    now = datetime.now(UTC)
    moves = [move for move in moves if move.moved_at <= now]
    stage = current_stage(now, periods, moves)
    told = stage.closes_at or stage.opens_at
    if told is None:
        ends = [period.ends_at for period in periods]
        assert current_stage(max([now, *ends]) + HOUR, periods, moves).phase == stage.phase
    else:
        assert current_stage(told - HOUR / 4, periods, moves).phase == stage.phase
        assert current_stage(told, periods, moves).phase != stage.phase


def test_rule_of_the_phase_beats_the_rule_of_the_challenge_and_both_the_default():
    never = Override(Activity.COMMENT, None, False, None)
    here = Override(Activity.COMMENT, Phase.MAPPING, True, None)
    assert not current_stage(NOW, [MAPPING], (), [never]).allows(Activity.COMMENT)
    assert current_stage(NOW, [MAPPING], (), [never, here]).allows(Activity.COMMENT)


def test_nothing_is_allowed_while_no_phase_runs():
    assert stage_after(Move(None, NOW)).activities == []


def test_assurance_is_a_guests_unless_a_rule_says_more():
    rule = Override(Activity.PROPOSAL, None, None, Assurance.CONFIRMED)
    stage = current_stage(NOW, [MAPPING], (), [rule])
    assert stage.assurance_for(Activity.PROPOSAL) == Assurance.CONFIRMED
    assert stage.assurance_for(Activity.COMMENT) == Assurance.GUEST


@pytest.mark.parametrize("phase", list(Phase))
def test_each_phase_asks_for_something(phase):
    assert set(Stage(NOW, phase, False).activities) == DEFAULTS[phase] != set()


def test_stored_move_and_close_are_read_back(app):
    challenge = a_challenge(Phase.EXPLORATION)
    assert moved(challenge, Phase.MAPPING).stage.phase == Phase.MAPPING
    assert moved(challenge, Phase.EXPLORATION).stage.phase == Phase.EXPLORATION
    assert moved(challenge, None).stage.closed


# Hours before or after now: never zero, so that the moments of the two clocks fall on the same side.
AHEAD_OR_PAST = some.integers(-12, 12).filter(bool)


@some.composite
def histories(draw) -> tuple[list[Period], list[Move]]:
    """A plan whose phases may touch, and moves at hours of their own that may fall on a start or an end."""
    now = datetime.now(UTC)
    edges = sorted(draw(some.lists(AHEAD_OR_PAST, min_size=2, max_size=5, unique=True)))
    phases = draw(some.permutations(list(Phase)))
    planned = [
        Period(phase, now + first * HOUR, now + last * HOUR)
        for phase, first, last in zip(phases, edges, edges[1:], strict=False)
        if draw(some.booleans())
    ]
    hours = draw(some.lists(AHEAD_OR_PAST, max_size=4, unique=True))
    return planned, [Move(draw(some.sampled_from([None, *Phase])), now + hour * HOUR) for hour in hours]


@pytest.fixture
def challenge(app):
    return a_challenge()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories())
def test_sql_twin_gives_the_same_phase_for_any_history(challenge, history):
    store(challenge.id, *history)
    query = text(f"select {CURRENT_PHASE} from challenges where id = :id")
    told = db.session.execute(query, {"id": challenge.id}).scalar_one()
    assert told == again(challenge).stage.phase == current_stage(datetime.now(UTC), *history).phase


def store(challenge_id: int, periods: list[Period], moves: list[Move]) -> None:
    """Writes a history as it is, also one that `plan_phases` would not take."""
    with db.engine.begin() as connection:
        for table in (PhasePeriod, PhaseMove):
            connection.execute(delete(table).where(table.challenge_id == challenge_id))
        for period in periods:
            connection.execute(insert(PhasePeriod).values(challenge_id=challenge_id, **vars(period)))
        for move in moves:
            connection.execute(insert(PhaseMove).values(challenge_id=challenge_id, reason="así", **vars(move)))
