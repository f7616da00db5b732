"""Passwords: argon2id, computed in a native thread because one hash holds the processor for tens of milliseconds."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from lab.core.threads import off_the_loop

MINIMUM_LENGTH = 10
MAXIMUM_LENGTH = 200
_hasher = PasswordHasher()
# Checked when nobody has the address, so that known and unknown addresses take the same time.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$hxwoKwDyPMoqUpuvcdmmMvVhtOnFeMm6PnPSG2bFMlg"


def hash_password(password: str) -> str:
    """The argon2id hash that is stored."""
    return off_the_loop(_hasher.hash, password)


def matches(stored: str | None, password: str) -> bool:
    """Whether the password belongs to the hash; takes as long when there is none."""
    return off_the_loop(_verify, stored or _NOBODY, password) and stored is not None


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
