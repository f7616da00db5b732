"""The counters of this process count as the library's own, and keep nothing that has ended."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from limits import parse
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter

from lab.core import counters
from lab.core.counters import SCHEME, SWEEP_EVERY, Counters


class Clock:
    """The seconds of a test."""

    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(counters, "time", clock)
    return clock


def test_the_library_finds_them_by_their_scheme():
    assert isinstance(storage_from_string(f"{SCHEME}://"), Counters)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 40)), max_size=40))
def test_windows_are_those_of_a_plain_count(steps):
    """A model: the hits since the window's first one, forgotten a minute after it."""
    with pytest.MonkeyPatch.context() as patch:
        clock = Clock()
        patch.setattr(counters, "time", clock)
        limiter, limit = FixedWindowRateLimiter(Counters()), parse("3/minute")
        opened: dict[str, float] = {}
        counted: dict[str, int] = {}
        for key, pause in steps:
            clock.now += pause
            if key not in opened or clock.now >= opened[key] + 60:
                opened[key], counted[key] = clock.now, 0
            counted[key] += 1
            assert limiter.hit(limit, key) == (counted[key] <= 3)
            assert limiter.get_window_stats(limit, key).reset_time == opened[key] + 60


def test_what_ended_is_forgotten_without_being_asked_for(clock):
    storage = Counters()
    storage.incr("one", 30)
    clock.now += SWEEP_EVERY
    storage.incr("two", 30)
    assert storage.reset() == 1


def test_a_key_can_be_cleared(clock):
    storage = Counters()
    storage.incr("one", 30)
    storage.clear("one")
    assert (storage.get("one"), storage.get_expiry("one"), storage.check()) == (0, clock.now, True)
