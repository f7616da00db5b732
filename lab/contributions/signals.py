"""What happens to contributions of any kind."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ContributionPublished:
    """A contribution became public, for the first time or again after a review."""

    contribution_id: int
    challenge_id: int
    kind: str


@dataclass(frozen=True)
class ContributionRemoved:
    """A public contribution was withdrawn or hidden: higher features take it out of what they count."""

    contribution_id: int
    challenge_id: int
    kind: str
    state: str


@dataclass(frozen=True)
class ContributionEdited:
    """The text changed; `version` is the new one."""

    contribution_id: int
    version: int
