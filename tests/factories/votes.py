"""Ballots and supports."""

from typing import Any

from lab.challenges.queries import ChallengeView
from lab.core.actors import SYSTEM, Actor
from lab.core.db import unit_of_work
from lab.votes import operations, queries
from lab.votes.models import Purpose
from lab.votes.queries import BallotView, Choice


def a_ballot(challenge: ChallengeView, **terms: Any) -> BallotView:
    """The challenge's ballot of ideas with these terms (`opens_at`, `closes_at`, `maximum`, …)."""
    with unit_of_work():
        operations.set_ballot(SYSTEM, challenge, operations.BallotTerms(**terms))
    return the_ballot(challenge)


def the_ballot(challenge: ChallengeView, purpose: Purpose = Purpose.IDEAS) -> BallotView:
    return queries.get_running_ballot(challenge.id, purpose)


def support(actor: Actor, option: Any, purpose: Purpose = Purpose.IDEAS) -> operations.Standing:
    """The actor supports a loaded idea or comment."""
    with unit_of_work():
        return operations.cast(actor, Choice(the_ballot(option.challenge, purpose), option))


def withdraw_support(actor: Actor, option: Any, purpose: Purpose = Purpose.IDEAS) -> operations.Standing:
    with unit_of_work():
        return operations.withdraw(actor, Choice(the_ballot(option.challenge, purpose), option))
