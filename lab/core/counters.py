"""Counting for the rate limits, in this process.

The library's own storage walks through every key it knows after each count: with some thousands of people that cost
up to a quarter of a write. Here a key is looked at when it is asked for, and all of them once a minute.
"""

from threading import Lock
from time import time
from typing import Any, NamedTuple

from limits.storage import Storage

SCHEME = "counters"
SWEEP_EVERY = 60.0  # seconds


class Window(NamedTuple):
    """How much was counted under a key, and when that ends (seconds of the clock)."""

    counted: int
    ends_at: float


class Counters(Storage):
    """Fixed windows: the first count of a key opens one, and what ended counts as nothing."""

    STORAGE_SCHEME = [SCHEME]

    def __init__(self, uri: str | None = None, **_options: Any) -> None:
        self._windows: dict[str, Window] = {}
        self._swept_at = time()
        self._lock = Lock()
        super().__init__(uri)

    @property
    def base_exceptions(self) -> type[Exception]:
        return ValueError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Counts under a key whose window lasts `expiry` seconds from its first count; returns the sum."""
        now = time()
        with self._lock:
            self._sweep(now)
            window = self._at(key, now) or Window(0, now + expiry)
            self._windows[key] = Window(window.counted + amount, window.ends_at)
            return window.counted + amount

    def get(self, key: str) -> int:
        window = self._at(key, time())
        return window.counted if window else 0

    def get_expiry(self, key: str) -> float:
        """When the window ends; now, where none is open."""
        now = time()
        window = self._at(key, now)
        return window.ends_at if window else now

    def check(self) -> bool:
        return True

    def reset(self) -> int:
        """Forgets everything; returns of how many keys."""
        with self._lock:
            known = len(self._windows)
            self._windows.clear()
            return known

    def clear(self, key: str) -> None:
        with self._lock:
            self._windows.pop(key, None)

    def _at(self, key: str, now: float) -> Window | None:
        window = self._windows.get(key)
        return window if window and window.ends_at > now else None

    def _sweep(self, now: float) -> None:
        if now - self._swept_at >= SWEEP_EVERY:
            self._swept_at = now
            self._windows = {key: window for key, window in self._windows.items() if window.ends_at > now}
