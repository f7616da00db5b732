"""Challenges in any phase, by the operations that the manage screens use."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from lab.challenges import operations, queries
from lab.challenges.phases import Override, Period, Phase
from lab.challenges.queries import ChallengeView
from lab.core.actors import SYSTEM
from lab.core.db import unit_of_work

WEEK = timedelta(weeks=1)


def a_challenge(
    phase: Phase | None = Phase.EXPLORATION,
    *,
    published: bool = True,
    overrides: Sequence[Override] = (),
    slug: str = "",
    **written: Any,
) -> ChallengeView:
    """A challenge that stands in `phase` for another week; without one it begins next week."""
    text = operations.ChallengeText(**{"title": "Agua que avisa", "summary": "Saber a tiempo."} | written)
    with unit_of_work():
        challenge = operations.create_challenge(SYSTEM, slug or f"reto-{uuid4().hex[:10]}", text)
        operations.plan_phases(SYSTEM, challenge, [_period(phase)])
        operations.set_rules(SYSTEM, challenge, overrides)
    if published:
        with unit_of_work():
            operations.publish_challenge(SYSTEM, queries.get_visible_challenge_by_id(SYSTEM, challenge.id))
    return again(challenge)


def moved(challenge: ChallengeView, phase: Phase | None) -> ChallengeView:
    """The challenge after a manual step; without a phase it is closed."""
    with unit_of_work():
        operations.move_phase(SYSTEM, challenge, phase, "Así lo decidió el equipo.")
    return again(challenge)


def again(challenge: ChallengeView) -> ChallengeView:
    """The challenge as it stands now."""
    return queries.get_visible_challenge_by_id(SYSTEM, challenge.id)


def _period(phase: Phase | None) -> Period:
    now = datetime.now(UTC)
    start = now - WEEK if phase else now + WEEK
    return Period(phase or Phase.EXPLORATION, start, start + 2 * WEEK)
