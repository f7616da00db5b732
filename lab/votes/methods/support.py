"""One value: somebody supports, or has no cast."""

from collections.abc import Mapping

SUPPORTS = 1


def is_valid(value: int) -> bool:
    return value == SUPPORTS


def change(before: int | None, after: int | None) -> dict[int, int]:
    return {SUPPORTS: (after is not None) - (before is not None)} if before != after else {}


def result(tallies: Mapping[int, int]) -> dict[str, int]:
    return {"support": tallies.get(SUPPORTS, 0)}
