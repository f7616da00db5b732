"""Every page in a language without a catalogue: whatever is still Spanish says so, and no markup stands in a value."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from lab.app import create_app
from lab.core import limits
from lab.core.db import db
from lab.core.i18n import FOLDER, catalogue
from tests import cleaning
from tests.browser_client import BrowserClient
from tests.every_page import SHOWN, World, a_world

WORDS_ALONE = {"title", "option", "textarea"}
NAME = re.compile(r"[a-z][a-z-]*\Z")
VALUE = re.compile(r"%\(\w+\)[sd]")
# A sentence with values of which hardly a word is ours would be found in what people write.
FEWEST_SIGNS = 12


class Reading(HTMLParser):
    """The texts of a page that nobody marked as Spanish, and the places where markup stands but cannot."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.unmarked: set[str] = set()
        self.misplaced: list[str] = []
        self._marked = 0
        self._words_alone = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        broken = [name for name, value in attrs if not NAME.match(name) or "<span" in (value or "")]
        if broken or (self._words_alone and tag == "span"):
            self.misplaced.append(f"{tag} {attrs}")
        if tag in WORDS_ALONE:
            self._words_alone = tag
        if tag == "span" and (self._marked or dict(attrs).get("lang") == "es"):
            self._marked += 1

    def handle_endtag(self, tag: str) -> None:
        if tag == self._words_alone:
            self._words_alone = ""
        if tag == "span" and self._marked:
            self._marked -= 1

    def handle_data(self, data: str) -> None:
        if not self._marked and not self._words_alone and data.strip():
            self.unmarked.add(" ".join(data.split()))


@pytest.fixture(scope="module")
def sentences() -> re.Pattern[str]:
    """Everything that the program says, with anything in place of its values."""
    assert (FOLDER / "en").exists()
    said = [text for key in catalogue("en")._catalog for text in ([key] if isinstance(key, str) else [key[0]])]
    long = (text for text in said if text and (not VALUE.search(text) or len(VALUE.sub("", text)) >= FEWEST_SIGNS))
    patterns = (re.sub(r"%\\\(\w+\\\)[sd]", ".+", re.escape(text)) for text in long)
    return re.compile("|".join(patterns))


@pytest.fixture(scope="module")
def program(session_app, lab_settings, server_url) -> Iterator:
    built = create_app(replace(lab_settings, languages=("es", "qu")), session_app.config["SQLALCHEMY_DATABASE_URI"])
    yield built
    with built.app_context():
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture(scope="module")
def world(session_app) -> Iterator[World]:
    with session_app.app_context():
        cleaning.empty_tables()
        limits.limiter.reset()
        yield a_world({"line": "Pozo siete"})


def test_message_of_the_last_page_is_marked_on_the_next(program):
    client = BrowserClient(program)
    client.set_cookie("language", "qu")
    client.write("/account/sign-out")
    assert '<span lang="es">Salió de su cuenta.</span>' in client.get("/").text


@pytest.mark.parametrize("page", SHOWN, ids=lambda page: page.address)
def test_page_marks_what_is_still_spanish(program, world, sentences, page):
    client = BrowserClient(program)
    client.sign_in(world.people[page.reader])
    client.set_cookie("language", "qu")
    reading = Reading(client.get(world.address(page)).text)
    assert reading.misplaced == []
    assert {text for text in reading.unmarked if sentences.fullmatch(text)} == set()
