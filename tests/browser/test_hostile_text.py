"""Hostile texts in a real browser: nothing runs, nothing is loaded from elsewhere, nothing leaves a small phone."""

import pytest

from tests import cleaning
from tests.browser.conftest import visiting
from tests.browser.test_every_page import SMALLEST, WIDER
from tests.every_page import World, a_world
from tests.hostile import LINKS, LISTS, MARKS, MARKUP, QUOTES, TEMPLATE, WIDE, everywhere

MIXTURES = {
    "acting": everywhere(MARKUP) | {"body": f"{MARKUP}\n\n{LINKS}\n\n{TEMPLATE}"},
    "towering": everywhere(MARKS) | {"body": f"{QUOTES[:2000]}\n\n{LISTS[:1900]}"},
    "wide": everywhere(WIDE) | {"body": f"{WIDE[:1500]}\n\n    {WIDE[:1500]}\n\n<https://example.org/{WIDE[:500]}>"},
}
# Where a text from people can appear, and who looks there.
PLACES = (
    ("visitor", "/"),
    ("visitor", "/challenges"),
    ("visitor", "/challenges/{slug}"),
    ("visitor", "/challenges/{slug}/ideas"),
    ("visitor", "/ideas/{idea_id}"),
    ("visitor", "/ideas/{idea_id}/versions"),
    ("visitor", "/comments/{comment_id}"),
    ("author", "/account"),
    ("author", "/ideas/{idea_id}/edit"),
    ("administrator", "/manage"),
    ("administrator", "/manage/challenges/{slug}/edit"),
    ("administrator", "/manage/challenges/{slug}/moderation?state=hidden"),
)


@pytest.fixture(params=MIXTURES)
def world(request, session_app):
    with session_app.app_context():
        cleaning.empty_tables()
        yield a_world(MIXTURES[request.param])


@pytest.fixture(params=("visitor", "author", "administrator"))
def reader(request) -> str:
    return request.param


def test_text_does_nothing_and_stays_on_the_screen(world: World, reader, chromium, site):
    actor = None if reader == "visitor" else world.people[reader]
    with visiting(chromium, site, actor, size=SMALLEST) as visitor:
        visitor.page.on("request", lambda request: visitor.loads(request.url, site))
        for address in (address for who, address in PLACES if who == reader):
            visitor.goes_to(address.format_map(world.values))
            width = visitor.page.evaluate("() => document.documentElement.scrollWidth")
            assert (address, width) == (address, SMALLEST["width"]), visitor.page.evaluate(WIDER)
