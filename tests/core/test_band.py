"""The band: the same cloth for the same slug, light, safe to serve, with threads one can tell apart."""

import xml.etree.ElementTree as ElementTree

import pytest

from lab.core.band import PALETTES, Palette, draw_band

SLUGS = ["agua-que-avisa", "x", "", "ñandú & <script>", *(f"reto-{number}" for number in range(200))]
NAMESPACE = "{http://www.w3.org/2000/svg}"


def luminance(colour: str) -> float:
    channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_same_slug_always_gives_the_same_band():
    assert draw_band("agua") == draw_band("agua")


def test_different_slugs_give_different_bands():
    assert len({draw_band(slug) for slug in SLUGS}) > 0.9 * len(SLUGS)


@pytest.mark.parametrize("slug", SLUGS)
def test_a_band_is_small_and_well_formed(slug):
    svg = draw_band(slug)
    assert len(svg.encode()) <= 2560
    assert ElementTree.fromstring(svg).tag == f"{NAMESPACE}svg"  # noqa: S314


def test_a_slug_never_reaches_the_markup():
    assert "<script" not in draw_band("<script>alert(1)</script>")


def test_a_band_has_no_style_no_script_and_no_address_outside_itself():
    elements = list(ElementTree.fromstring(draw_band("agua")).iter())  # noqa: S314
    references = [element.get("href") for element in elements if element.get("href")]
    assert {element.tag.removeprefix(NAMESPACE) for element in elements} <= {
        *("svg", "defs", "g", "path", "pattern", "rect", "use")
    }
    assert not [element for element in elements if element.get("style")]
    assert all(reference.startswith("#") for reference in references)


def test_every_reference_points_at_something_in_the_band():
    for slug in SLUGS:
        elements = list(ElementTree.fromstring(draw_band(slug)).iter())  # noqa: S314
        names = {element.get("id") for element in elements}
        assert {reference[1:] for e in elements if (reference := e.get("href"))} <= names


def test_width_and_height_are_those_asked_for():
    root = ElementTree.fromstring(draw_band("agua", width=480, height=36))  # noqa: S314
    assert (root.get("width"), root.get("height")) == ("480", "36")


@pytest.mark.parametrize("palette", PALETTES, ids=lambda palette: palette.name)
def test_every_figure_thread_stands_out_from_its_ground(palette: Palette):
    for thread in (palette.light, palette.first, palette.second):
        assert contrast(thread, palette.ground) >= 3
