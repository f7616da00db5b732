"""What happens in ballots. The person is named by id for in-transaction subscribers only; nobody shows it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class VoteCast:
    """A person gave an option a value, for the version they saw (the present one where their page did not say)."""

    ballot_id: int
    option_id: int
    person_id: int
    value: int
    version: int


@dataclass(frozen=True)
class VoteWithdrawn:
    """A person took their cast back."""

    ballot_id: int
    option_id: int
    person_id: int
