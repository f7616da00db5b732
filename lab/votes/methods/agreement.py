"""Three values: agree 1, disagree -1, pass 0. The last cast of a person counts."""

from collections.abc import Mapping

AGREE, PASS, DISAGREE = 1, 0, -1


def is_valid(value: int) -> bool:
    return value in (AGREE, PASS, DISAGREE)


def change(before: int | None, after: int | None) -> dict[int, int]:
    if before == after:
        return {}
    moves = {before: -1, after: 1}
    return {value: step for value, step in moves.items() if value is not None}


def result(tallies: Mapping[int, int]) -> dict[str, int]:
    return {
        "agree": tallies.get(AGREE, 0),
        "disagree": tallies.get(DISAGREE, 0),
        "pass": tallies.get(PASS, 0),
    }
