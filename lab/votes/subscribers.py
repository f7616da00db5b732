"""Each new challenge gets its ballots in the same transaction; what leaves the public uses nobody's allowance."""

from lab.challenges.signals import ChallengeCreated
from lab.contributions.signals import ContributionPublished, ContributionRemoved
from lab.core.actors import SYSTEM
from lab.core.signals import subscribe
from lab.votes import operations


def register() -> None:
    subscribe(ChallengeCreated, _open_ballots)
    subscribe(ContributionRemoved, _return_allowances)
    subscribe(ContributionPublished, _take_allowances)


def _open_ballots(signal: ChallengeCreated) -> None:
    operations.open_ballots(SYSTEM, signal.challenge_id)


def _return_allowances(signal: ContributionRemoved) -> None:
    operations.return_allowances(SYSTEM, signal.contribution_id)


def _take_allowances(signal: ContributionPublished) -> None:
    operations.take_allowances(SYSTEM, signal.contribution_id)
