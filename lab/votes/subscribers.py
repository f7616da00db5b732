"""Each new challenge gets its ballots in the same transaction."""

from lab.challenges.signals import ChallengeCreated
from lab.core.actors import SYSTEM
from lab.core.signals import subscribe
from lab.votes import operations


def register() -> None:
    subscribe(ChallengeCreated, _open_ballots)


def _open_ballots(signal: ChallengeCreated) -> None:
    operations.open_ballots(SYSTEM, signal.challenge_id)
