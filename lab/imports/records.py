"""What passes between a reader and the operations: a source's rows once they are understood."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from lab.challenges.queries import ChallengeView


@dataclass(frozen=True)
class Origin:
    """Which conversation of which platform, and the licence its export carries."""

    source: str
    instance: str
    licence: str = ""


@dataclass(frozen=True)
class Statement:
    """A statement of the source. `author` and `key` are the source's own ids."""

    key: str
    author: str
    body: str
    published_at: datetime
    rejected: bool = False


@dataclass(frozen=True)
class Vote:
    """One event of the source's log: agree 1, disagree -1, pass 0."""

    statement: str
    person: str
    value: int
    cast_at: datetime


@dataclass(frozen=True)
class Run:
    """An import under way. `fresh`: nothing of it stood before."""

    id: int
    ballot_id: int
    challenge: ChallengeView
    fresh: bool
    language: str


@dataclass
class Outcome:
    """How many of each kind were stored, and how many rows were not, by reason."""

    stored: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
