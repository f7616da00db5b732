"""Cursors: what we issued comes back the same, everything else is refused."""

import base64
import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as some

from lab.core.errors import Invalid
from lab.core.paging import decode_cursor, encode_cursor

NUMBERS = some.integers(min_value=-(2**62) + 1, max_value=2**62 - 1)


def packed(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


@given(some.lists(NUMBERS, min_size=1, max_size=3).map(tuple))
def test_a_cursor_comes_back_as_it_was_issued(key):
    assert decode_cursor(encode_cursor(key), len(key)) == key


def test_no_cursor_is_the_first_page():
    assert decode_cursor(None, 2) is None
    assert decode_cursor("", 2) is None


@pytest.mark.parametrize(
    "value",
    [[1], [1, 2, 3], [1, "2"], [1, None], [1, True], [1, 2.5], [1, float("nan")], [1, 2**62], {"a": 1}, 1, "x", None],
    ids=str,
)
def test_a_forged_cursor_is_refused(value):
    with pytest.raises(Invalid):
        decode_cursor(packed(value), 2)


@given(some.text(min_size=1))
def test_any_other_text_is_refused_or_holds_numbers(text):
    with suppress(Invalid):
        key = decode_cursor(text, 2)
        assert key is None or all(type(part) is int for part in key)


def test_a_cursor_of_nested_brackets_is_refused():
    bomb = base64.urlsafe_b64encode(b"[" * 100_000).decode()
    with pytest.raises(Invalid):
        decode_cursor(bomb, 2)
