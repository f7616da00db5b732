"""What happens to people."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PersonJoined:
    """A guest contributed for the first time, or an account was made."""

    person_id: int


@dataclass(frozen=True)
class ConsentGiven:
    """A person agreed to the present legal texts."""

    person_id: int
    language: str


@dataclass(frozen=True)
class RoleGranted:
    """A person got a role, for one challenge or (None) for the whole lab."""

    person_id: int
    role: str
    challenge_id: int | None


@dataclass(frozen=True)
class LegalTextPublished:
    """A new version of a legal text stands; what was agreed to before stays recorded."""

    key: str
    language: str
    version: int
