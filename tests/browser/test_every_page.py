"""Every page in a browser: accessible in both themes and widths, quiet, light, never wider than a small phone."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page as BrowserPage

from tests import cleaning
from tests.browser.conftest import DESK, PHONE, visiting
from tests.browser.steps import SETTLED, Visitor
from tests.every_page import SHOWN, World, a_world

FIRST_VISIT, RETURN_VISIT = 60 * 1024, 15 * 1024
SMALLEST = {"width": 320, "height": 640}
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
OPTIONS = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": WCAG}}
# Only colours change with the theme: everything else was looked at in the light one.
COLOURS = {
    "resultTypes": ["violations"],
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
}
LOOKS = [("light", PHONE, OPTIONS), ("light", DESK, OPTIONS), ("dark", PHONE, COLOURS), ("dark", DESK, COLOURS)]
FRAME = """() => ({
  headings: document.querySelectorAll('h1').length,
  title: document.title,
  language: document.documentElement.lang,
  skip: document.querySelector('body a')?.getAttribute('href') === '#main' && !!document.getElementById('main'),
  ids: [...document.querySelectorAll('[id]')].map((each) => each.id).filter((id, at, all) => all.indexOf(id) !== at),
})"""
WIDER = """() => [...document.querySelectorAll('body *')]
  .filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
  .map((each) => each.outerHTML.slice(0, 120)).slice(0, 3)"""


@dataclass
class Traffic:
    """What the network carried for a page, in bytes as compressed."""

    carried: dict[str, int] = field(default_factory=dict)

    def listen(self, page: BrowserPage) -> None:
        wire = page.context.new_cdp_session(page)
        wire.send("Network.enable")
        addresses: dict[str, str] = {}
        wire.on(
            "Network.requestWillBeSent", lambda event: addresses.update({event["requestId"]: event["request"]["url"]})
        )
        wire.on("Network.loadingFinished", lambda event: self._add(addresses.get(event["requestId"], "?"), event))

    def _add(self, address: str, event: dict[str, Any]) -> None:
        self.carried[address] = self.carried.get(address, 0) + int(event["encodedDataLength"])

    def total(self) -> int:
        return sum(self.carried.values())


@dataclass
class Seen:
    """What one look at a page left to judge."""

    visitor: Visitor
    first: Traffic
    again: Traffic


@pytest.fixture(scope="module")
def world(session_app) -> Iterator[World]:
    with session_app.app_context():
        cleaning.empty_tables()
        yield a_world()


@pytest.fixture(scope="module", params=SHOWN, ids=lambda example: example.address)
def seen(request, chromium, site, world) -> Iterator[Seen]:
    """The page, visited twice by a new browser of the least trusted person who may read it."""
    reader = request.param.reader
    with visiting(chromium, site, world.people[reader] if reader != "visitor" else None) as visitor:
        looks = [measured_visit(visitor.page, world.address(request.param)) for _ in range(2)]
        axe_is_there(visitor.page)
        yield Seen(visitor, *looks)


def measured_visit(page: BrowserPage, address: str) -> Traffic:
    page.goto("about:blank")
    traffic = Traffic()
    traffic.listen(page)
    response = page.goto(address)
    assert response is not None
    assert response.status == 200
    page.evaluate(SETTLED)
    return traffic


def axe_is_there(page: BrowserPage) -> None:
    page.evaluate(Axe().axe_script)


def violations(page: BrowserPage, options: dict[str, Any]) -> list[str]:
    found = page.evaluate("(options) => axe.run(document, options).then((result) => result.violations)", options)
    return [f"{each['id']}: {[node['html'][:200] for node in each['nodes'][:3]]}" for each in found]


def test_page_is_accessible_in_both_themes_and_widths(seen):
    for theme, size, options in LOOKS:
        seen.visitor.page.emulate_media(color_scheme=theme)
        seen.visitor.page.set_viewport_size(size)
        assert (theme, size["width"], violations(seen.visitor.page, options)) == (theme, size["width"], [])


def test_page_fits_a_small_phone(seen):
    seen.visitor.page.set_viewport_size(SMALLEST)
    wide = seen.visitor.page.evaluate("() => document.documentElement.scrollWidth")
    assert wide <= SMALLEST["width"], seen.visitor.page.evaluate(WIDER)


def test_page_has_its_frame(seen):
    frame = seen.visitor.page.evaluate(FRAME)
    assert frame["headings"] == 1
    assert frame["title"].endswith(" · Lab Abierto")
    assert frame["language"] == "es"
    assert frame["skip"]
    assert frame["ids"] == []


def test_page_is_light(seen):
    assert seen.first.total() <= FIRST_VISIT, seen.first.carried
    assert seen.again.total() <= RETURN_VISIT, seen.again.carried
    assert seen.first.total() > seen.again.total() > 0


def test_page_is_quiet(seen):
    heard, seen.visitor.defects = seen.visitor.defects, []
    assert heard == []
