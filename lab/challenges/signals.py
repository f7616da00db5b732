"""What happens to challenges."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ChallengeCreated:
    """A draft stands; higher features add what each challenge has (its ballots)."""

    challenge_id: int


@dataclass(frozen=True)
class ChallengePublished:
    """The challenge can be read by everybody."""

    challenge_id: int


@dataclass(frozen=True)
class PhaseMoved:
    """Somebody moved the challenge by hand; no phase means closed."""

    challenge_id: int
    phase: str | None
