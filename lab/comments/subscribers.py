"""Keeps the counters of discussions true when comments, or what they discuss, leave or return."""

from lab.comments import operations
from lab.contributions.models import IDEA_KINDS, Kind
from lab.contributions.signals import ContributionPublished, ContributionRemoved
from lab.core.signals import subscribe


def register() -> None:
    subscribe(ContributionPublished, _published)
    subscribe(ContributionRemoved, _removed)


def _published(signal: ContributionPublished) -> None:
    _count(signal, 1)


def _removed(signal: ContributionRemoved) -> None:
    _count(signal, -1)


def _count(signal: ContributionPublished | ContributionRemoved, step: int) -> None:
    if signal.kind == Kind.COMMENT:
        operations.count_in_discussion(signal.contribution_id, step)
    elif signal.kind in IDEA_KINDS:
        operations.count_out_of_challenge(signal.contribution_id, signal.challenge_id, step)
