"""The woven band of a challenge: a small SVG drawn from its slug in the manner of Andean textiles.

The cloth is laid on a loom of square cells. A figure is described by one quarter only and mirrored both ways,
as a weaver counts threads from the middle outwards, so that a band costs about a kilobyte and a half.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeVar

CELL = 3
LOOM_HEIGHT = 72
HALF_FIGURE = 7

Option = TypeVar("Option")
Weave = Callable[[int, int], int]

GROUND, LIGHT, FIRST, SECOND = range(4)


@dataclass(frozen=True)
class Palette:
    """Five threads; `light`, `first` and `second` keep at least 3:1 with `ground` (tested)."""

    name: str
    ground: str
    light: str
    first: str
    second: str
    edge: str


PALETTES = (
    Palette("cochinilla", "#800040", "#f8ead3", "#efb047", "#f39a9f", "#2b0f1a"),
    Palette("añil", "#1d2f63", "#f6ecd8", "#ef9f55", "#93bdea", "#9c1f4a"),
    Palette("chilca", "#1d4a35", "#f8efd6", "#ecb93f", "#f0937a", "#7a1236"),
    Palette("oveja", "#2e241f", "#f6eddd", "#dfa63c", "#e07f5e", "#800040"),
    Palette("lago", "#0e4a5c", "#fbf1dc", "#f5bd50", "#f397ae", "#6b0f3a"),
)

# A quarter drawn by hand, from the centre to the right and downwards: . ground, o light, x first, + second.
HOOKS = (
    "++.oo..xxx.",
    "+..oo.....x",
    "..ooo.xxx.x",
    ".ooo..x...x",
    "oooo..x..xx",
    "ooo...xxxx.",
    "oo.........",
)

BORDERS = (
    ("x...", "xx.x", "...."),
    ("xx..", "..xx", "...."),
    ("..x...", ".xxx..", "xxxxx."),
    ("x.....", "xxx.x.", "....x."),
    ("......", "xx.xx.", "......"),
)


class Threads:
    """A stream of choices that depends on nothing but the seed."""

    def __init__(self, seed: str) -> None:
        self._bytes: Iterator[int] = iter(hashlib.shake_256(seed.encode()).digest(64))

    def pick(self, options: Sequence[Option]) -> Option:
        return options[(next(self._bytes) * 256 + next(self._bytes)) % len(options)]


def draw_band(seed: str, width: int = 960, height: int = LOOM_HEIGHT) -> str:
    """One band as SVG text: the same seed always gives the same cloth; it repeats seamlessly to any width.

    Scaled as `slice`: a narrower or flatter place shows the middle of the cloth, never a distorted one.
    """
    threads = Threads(seed)
    palette = threads.pick(PALETTES)
    figure, border, stripes = (part(threads, palette) for part in (_figure, _border, _stripes))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {LOOM_HEIGHT}" preserveAspectRatio="xMidYMid slice" '
        'shape-rendering="crispEdges">'
        f"<defs>{figure}{border}{_rib(palette)}</defs>"
        f'<rect width="100%" height="{LOOM_HEIGHT}" fill="{palette.ground}"/>'
        f'<g id="s">{stripes}<rect y="6" width="100%" height="9" fill="url(#b)"/></g>'
        f'<use href="#s" transform="matrix(1 0 0 -1 0 {LOOM_HEIGHT})"/>'
        f'<rect y="15" width="100%" height="42" fill="url(#f)"/>'
        f'<rect width="100%" height="{LOOM_HEIGHT}" fill="url(#r)"/></svg>'
    )


def _figure(threads: Threads, palette: Palette) -> str:
    """The main figure twice side by side, the second time in another thread, as a repeating pattern."""
    half_width, weave = threads.pick(FIGURES)(threads)
    quarter = _quarter(weave, half_width, HALF_FIGURE, (palette.light, "currentColor", palette.second))
    turns = ((half_width, palette.first), (3 * half_width, threads.pick((palette.second, palette.light))))
    pair = "".join(f'<use href="#m" x="{x}" y="12" color="{thread}"/>' for x, thread in turns)
    return (
        f'<g id="q">{quarter}</g><g id="h"><use href="#q"/><use href="#q" transform="scale(-1 1)"/></g>'
        f'<g id="m"><use href="#h"/><use href="#h" transform="scale(1 -1)"/></g>'
        f'<pattern id="f" width="{4 * half_width}" height="24" patternUnits="userSpaceOnUse" '
        f'patternTransform="scale({CELL})">{pair}</pattern>'
    )


def _quarter(weave: Weave, columns: int, rows: int, colours: Sequence[str]) -> str:
    """One path for each thread, made of the horizontal runs of its cells."""
    runs: dict[int, str] = {}
    for row in range(rows):
        column = 0
        for thread, group in groupby(weave(x, row) for x in range(columns)):
            length = len(list(group))
            runs[thread] = runs.get(thread, "") + f"M{column} {row}h{length}v1h-{length}z"
            column += length
    return "".join(f'<path fill="{colours[t - 1]}" d="{runs[t]}"/>' for t in sorted(runs) if t != GROUND)


def _rings(threads: Threads) -> Sequence[int]:
    """Which thread each ring of a figure has, from its centre outwards; rings of ground part the colours."""
    return threads.pick(
        (
            (SECOND, GROUND, FIRST, FIRST, GROUND, LIGHT, GROUND),
            (LIGHT, FIRST, GROUND, SECOND, GROUND, LIGHT, GROUND),
            (FIRST, GROUND, LIGHT, GROUND, GROUND, FIRST, GROUND),
            (GROUND, LIGHT, GROUND, FIRST, FIRST, GROUND, SECOND),
            (LIGHT, LIGHT, GROUND, SECOND, FIRST, GROUND, GROUND),
        )
    )


def _diamond(threads: Threads) -> tuple[int, Weave]:
    """Rombo: rings of a stepped diamond, with half diamonds between the points."""
    rings, stretch = _rings(threads), threads.pick((1, 2))
    between = threads.pick((GROUND, SECOND, GROUND))

    def weave(x: int, y: int) -> int:
        distance = x // stretch + y
        return rings[distance] if distance < HALF_FIGURE else between * (distance > HALF_FIGURE)

    return 8 * stretch, weave


def _stepped_cross(threads: Threads) -> tuple[int, Weave]:
    """A cross of wide steps around its centre, outlined by its last ring."""
    rings = threads.pick(
        (
            (SECOND, GROUND, FIRST, GROUND, LIGHT),
            (LIGHT, GROUND, SECOND, FIRST, FIRST),
            (GROUND, LIGHT, LIGHT, GROUND, FIRST),
            (FIRST, SECOND, GROUND, GROUND, LIGHT),
            (SECOND, GROUND, GROUND, FIRST, FIRST),
        )
    )
    corner = threads.pick((SECOND, GROUND, GROUND))

    def weave(x: int, y: int) -> int:
        distance = (x + 1) // 2 + (y + 1) // 2
        return rings[distance] if distance < 5 else corner * (distance > 5)

    return 9, weave


def _steps(threads: Threads) -> tuple[int, Weave]:
    """Stairs that climb to a ridge and come down again, in parallel lines."""
    lines = threads.pick(
        (
            (GROUND, GROUND, LIGHT, GROUND, FIRST, FIRST, GROUND),
            (GROUND, GROUND, SECOND, SECOND, GROUND, LIGHT, GROUND),
            (GROUND, FIRST, GROUND, GROUND, GROUND, LIGHT, SECOND),
        )
    )
    slope = threads.pick((1, 2))

    def weave(x: int, y: int) -> int:
        return lines[(x // slope + HALF_FIGURE - 1 - y) % HALF_FIGURE]

    return HALF_FIGURE * slope, weave


def _hourglass(threads: Threads) -> tuple[int, Weave]:
    """Two lines that cross, mountains above and below, and an eye between one crossing and the next."""
    eye, ring = threads.pick(((SECOND, GROUND), (SECOND, LIGHT), (LIGHT, SECOND)))

    def weave(x: int, y: int) -> int:
        from_eye = 10 - x + y
        if x - y in (0, 1):
            return LIGHT
        if y > x:
            return FIRST if y - x > 1 else GROUND
        return {0: eye, 1: eye, 3: ring}.get(from_eye, GROUND)

    return 11, weave


def _hooks(threads: Threads) -> tuple[int, Weave]:
    """An eye between two hooks that turn towards each other."""
    signs = threads.pick((".ox+", ".o+x", ".xo+"))
    return len(HOOKS[0]), lambda x, y: signs.index(HOOKS[y][x])


FIGURES = (_diamond, _stepped_cross, _steps, _hourglass, _hooks)


def _border(threads: Threads, palette: Palette) -> str:
    """The narrow row of small figures on both sides: three cells high, the ground showing through."""
    rows = threads.pick(BORDERS)
    thread = threads.pick((palette.light, palette.first, palette.second))
    path = _quarter(lambda x, y: int(rows[y][x] == "x"), len(rows[0]), len(rows), (thread,))
    return (
        f'<pattern id="b" y="6" width="{len(rows[0]) * CELL}" height="9" patternUnits="userSpaceOnUse">'
        f'<g transform="scale({CELL})">{path}</g></pattern>'
    )


def _stripes(threads: Threads, palette: Palette) -> str:
    """The plain stripes of one edge, in pixels from the selvedge inwards; the outermost is always dark."""
    thread = threads.pick((palette.first, palette.second, palette.light))
    plan = threads.pick(
        (((0, 3, palette.edge), (3, 2, thread)), ((0, 2, palette.edge), (2, 1, thread), (4, 1, thread)))
    )
    inner = threads.pick((palette.second, palette.first, palette.light))
    return "".join(f'<rect y="{y}" width="100%" height="{h}" fill="{c}"/>' for y, h, c in (*plan, (15, 1, inner)))


def _rib(palette: Palette) -> str:
    """The ribs of a warp-faced cloth: fine lines of shade over everything."""
    return (
        '<pattern id="r" width="3" height="3" patternUnits="userSpaceOnUse" shape-rendering="auto">'
        f'<path d="M0 .5h3M.5 0v3" stroke="{palette.edge}" stroke-opacity=".16"/></pattern>'
    )
