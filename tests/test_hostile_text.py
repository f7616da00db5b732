"""Hostile texts through every form and on every page: stored clean, shown as plain words, logged on one line."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from sqlalchemy import String, Text, cast, select

from lab.accounts.queries import get_consent_step
from lab.core import limits
from lab.core.db import Base, db
from tests import cleaning
from tests.browser_client import BrowserClient
from tests.every_page import SHOWN, World, a_world
from tests.hostile import LOG_LINE, MARKUP, TEXTS, TURNED, UNSEEN, alive_in, everywhere

AGREED = {"consent_step": "yes", "consent_accepted": "yes", "consent_of_age": "yes"}
CHALLENGE = {"title": 120, "summary": 240, "problem": 6000, "lead_institution": 160, "learning_questions": 240}
# Who fills in which form, how long each text may be, and what else the form sends.
FORMS: list[tuple[str, str, dict[str, int], dict[str, str]]] = [
    (
        "visitor",
        "/challenges/{slug}/ideas/new?kind=need",
        {"title": 160, "body": 4000, "data_what": 400, "data_format": 400, "data_purpose": 400, "consent_name": 80},
        AGREED | {"kind": "need", "need_type": "data", "language": "es"},
    ),
    (
        "author",
        "/ideas/{idea_id}/edit",
        {"title": 160, "body": 4000},
        {"language": "es", "need_type": "data", "version": "2"},
    ),
    ("member", "/contributions/{idea_id}/comments", {"body": 4000}, {}),
    ("guest", "/comments/{comment_id}/reply", {"body": 4000}, {}),
    ("administrator", "/manage/challenges/new", CHALLENGE, {"sector": "otro", "slug": "uno-hostil"}),
    ("administrator", "/manage/challenges/{slug}/edit", CHALLENGE | {"partners": 160}, {"sector": "otro", "seen": "1"}),
    ("moderator", "/manage/contributions/{bare_id}/hide", {"detail": 480}, {"why": "other"}),
    ("administrator", "/manage/texts/terms/es", {"title": 160, "body": 40_000}, {"step": "publish", "seen": "1"}),
    ("administrator", "/manage/challenges/{slug}/move/mapping", {"reason": 600}, {}),
]
ASKED = [("/challenges", "q"), ("/challenges/{slug}/ideas", "q"), ("/account/sign-in", "next"), ("/language", "next")]


@pytest.fixture(params=TEXTS)
def text(request) -> str:
    return TEXTS[request.param]


@pytest.fixture
def open_app(session_app) -> Iterator[Any]:
    """The application with empty tables: unlike `app` without the promise that a test before left them so."""
    with session_app.app_context():
        cleaning.empty_tables()
        limits.limiter.reset()
        yield session_app


def browser_of(app: Any, world: World, reader: str) -> BrowserClient:
    client = BrowserClient(app)
    client.sign_in(world.people[reader])
    return client


def stored_texts() -> str:
    """Every text of every table, one after the other."""
    columns = [
        cast(column, Text)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, String) or "ARRAY" in str(column.type) or "JSON" in str(column.type)
    ]
    return "\n".join(str(value) for each in columns for value in db.session.execute(select(each)).scalars())


def test_every_page_shows_it_as_words(open_app, text):
    world = a_world(everywhere(text))
    clients = {reader: browser_of(open_app, world, reader) for reader in {each.reader for each in SHOWN}}
    for example in SHOWN:
        response = clients[example.reader].get(world.address(example))
        assert response.status_code == 200
        assert (example.address, alive_in(response.text)) == (example.address, [])
        assert not set(UNSEEN) & set(response.text)


def test_every_form_stores_it_clean(open_app, text):
    world = a_world()
    for reader, address, fields, others in FORMS:
        client = browser_of(open_app, world, reader)
        typed = {name: text[:limit] for name, limit in fields.items()}
        client.get(address.format_map(world.values))
        sent = typed | others | {"key": uuid4().hex, "consent_seen": get_consent_step("es", {}).seen}
        response = client.write(address.format_map(world.values), **sent)
        assert (address, response.status_code) == (address, 303)
        assert alive_in(client.get(response.location).text) == []
    assert not set(UNSEEN) & set(stored_texts())


def test_a_refused_form_shows_it_as_words(open_app, text):
    world = a_world()
    for reader, address, fields, _others in FORMS:
        client = browser_of(open_app, world, reader)
        typed = {name: (text * 200)[: limit + 1000] for name, limit in fields.items()}
        response = client.write(address.format_map(world.values), **typed, kind="need")
        assert response.status_code in (200, 303, 403, 413), address
        assert alive_in(response.text) == []


def test_what_was_asked_for_comes_back_as_words(open_app, text):
    world = a_world()
    for address, name in ASKED:
        path = address.format_map(world.values)
        response = BrowserClient(open_app).get(path, query_string={name: text[:3000]})
        assert response.status_code == 200, address
        assert alive_in(response.text) == []


def test_json_answers_hold_sentences_of_ours_alone(open_app, text):
    world = a_world(everywhere(text))
    neighbour = browser_of(open_app, world, "member")
    for address in (
        f"/ideas/{world.values['idea_id']}/support",
        f"/comments/{world.values['comment_id']}/support",
        "/x",
    ):
        response = neighbour.write_json(address, value="1", next=text[:200])
        assert response.mimetype == "application/json"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert set(response.json) <= {"supported", "support", "sentence", "error"}
        assert "alert" not in response.text


@pytest.mark.parametrize("text", [MARKUP, TURNED, 'a", "event": "signed in"} {"level": "info"}'])
def test_log_line_is_one_line_of_plain_signs(open_app, capsys, monkeypatch, text):
    monkeypatch.setattr("lab.challenges.queries.get_visible_challenge", lambda *_: [][0])
    assert BrowserClient(open_app).get("/challenges/" + quote(text.replace("/", ""))).status_code == 500
    assert [line["event"] for line in plain_lines(capsys)] == ["defect"]


@pytest.mark.parametrize("text", [MARKUP, TURNED, LOG_LINE])
def test_log_stays_so_when_the_page_of_the_error_fails_as_well(open_app, capsys, monkeypatch, text):
    failures = iter([ZeroDivisionError])

    def render(*_, **__):
        for failure in failures:
            raise failure
        return ""

    monkeypatch.setattr("lab.challenges.queries.get_visible_challenge", lambda *_: [][0])
    monkeypatch.setattr("lab.core.answers.render", render)
    BrowserClient(open_app).get("/challenges/" + quote(text.replace("/", "")))
    *_, last = plain_lines(capsys)
    assert last["event"].startswith("Exception on /challenges/")


def plain_lines(capsys) -> list[dict[str, Any]]:
    """The lines of the log, each of which is one object of plain signs."""
    lines = capsys.readouterr().err.removesuffix("\n").split("\n")
    assert all(line.isascii() and line.isprintable() for line in lines)
    return [json.loads(line) for line in lines]
