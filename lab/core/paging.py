"""Keyset paging: a page begins after the last row shown, so page 5,000 costs what page 1 costs."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

from lab.core.errors import Invalid
from lab.core.i18n import lazy

Row = TypeVar("Row")
Key = tuple[int | str, ...]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows to show and the cursor of the next page, None on the last one."""

    rows: list[Row]
    next_cursor: str | None


def encode_cursor(key: Key) -> str:
    return base64.urlsafe_b64encode(json.dumps(key, separators=(",", ":")).encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None, length: int) -> Key | None:
    """The key in a cursor that came with the address; refuses with `Invalid` what we never issued."""
    if not cursor:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        key = None
    if not _is_key(key, length):
        raise unknown_cursor()
    return tuple(key)


def number_of(moment: datetime) -> int:
    """A time as it travels in cursors, in microseconds: exact, and nothing but a number."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def time_of(number: int) -> datetime:
    """The time in a cursor; refuses with `Invalid` one that no calendar has."""
    try:
        return EPOCH + timedelta(microseconds=number)
    except OverflowError as error:
        raise unknown_cursor() from error


def unknown_cursor() -> Invalid:
    """What is said about a cursor that was not issued here."""
    return Invalid(lazy("La dirección de esta página de resultados no es válida. Vuelva a la primera página."))


def _is_key(key: object, length: int) -> bool:
    if not isinstance(key, list) or len(key) != length:
        return False
    return all(type(part) is int and abs(part) < 2**62 for part in key)
