"""What moderators do."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ContributionModerated:
    """A moderator hid, restored or released a contribution."""

    contribution_id: int
    act: str
