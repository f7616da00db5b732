"""Every page as everybody, without a browser: what it answers, how safely, and that reading writes nothing."""

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, event, func, select
from sqlalchemy.exc import OperationalError

from lab.core import limits
from lab.core.db import Base, db
from tests import cleaning
from tests.browser_client import BrowserClient
from tests.counting import counting
from tests.every_page import PAGES, READERS, World, a_world, rules_for, uncovered

WRITES = re.compile(r"\b(insert into|update \w+ set|delete from|for (no key )?update|truncate|nextval)\b", re.I)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
POLICY = ("default-src 'none'", "script-src 'self';", "style-src 'self';", "frame-ancestors 'none'", "base-uri 'none'")


@pytest.fixture(scope="module")
def world(session_app) -> Iterator[World]:
    with session_app.app_context():
        cleaning.empty_tables()
        limits.limiter.reset()
        yield a_world()


@pytest.fixture(scope="module")
def browsers(session_app, world) -> dict[str, BrowserClient]:
    """A browser for each reader, used for the whole walk."""
    clients = {reader: BrowserClient(session_app) for reader in READERS}
    for reader, client in clients.items():
        client.sign_in(world.people[reader])
    return clients


@pytest.fixture
def visitor(session_app, world) -> BrowserClient:
    limits.limiter.reset()  # a visitor without a name is counted by address, and all of them share one
    return BrowserClient(session_app)


def assert_safe(response) -> None:
    assert HEADERS.items() <= dict(response.headers).items()
    policy = response.headers["Content-Security-Policy"] + ";"
    assert [part for part in POLICY if part not in policy] == []
    assert "unsafe" not in policy
    assert response.headers["Permissions-Policy"]
    assert response.headers["Cache-Control"]


def rows_stored() -> dict[str, int]:
    tables = Base.metadata.sorted_tables
    counts = [select(func.count()).select_from(table).scalar_subquery().label(table.name) for table in tables]
    return dict(db.session.execute(select(*counts)).one()._mapping)


def test_every_page_has_an_example(session_app, world):
    assert uncovered(session_app, world) == set()


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.address)
def test_page_answers_each_reader_and_writes_nothing(browsers, world, page, reader):
    with counting() as seen:
        response = browsers[reader].get(world.address(page))
    assert response.status_code == page.status_for(reader)
    assert_safe(response)
    assert len(seen) <= page.queries, str(seen)
    assert [statement for statement in seen if WRITES.search(statement)] == []


@pytest.mark.parametrize("reader", READERS)
def test_no_change_is_made_without_a_token(session_app, browsers, world, reader):
    before = rows_stored()
    for rule in rules_for(session_app, "POST"):
        response = browsers[reader].post(world.address_of(rule), data={"body": "Hola", "title": "Hola", "value": "1"})
        assert (rule.endpoint, response.status_code) == (rule.endpoint, 400)
        assert_safe(response)
    assert rows_stored() == before


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_no_page_knows_another_method(session_app, browsers, world, method):
    with counting() as seen:
        for rule in session_app.url_map.iter_rules():
            response = browsers["administrator"].open(world.address_of(rule), method=method)
            assert response.status_code in (400, 405), rule.endpoint
            assert_safe(response)
    assert [statement for statement in seen if WRITES.search(statement)] == []


@pytest.mark.parametrize("address", ["/nada", "/ideas/0", "/ideas/99999999999999999999", "/b/x"])
def test_unknown_address_is_a_safe_404(visitor, address):
    response = visitor.get(address)
    assert response.status_code == 404
    assert_safe(response)


def test_address_with_a_zero_character_is_a_safe_400(visitor):
    response = visitor.get("/challenges/a%00b")
    assert response.status_code == 400
    assert_safe(response)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:80", "", "127.0.0.1@evil"])
def test_unknown_host_is_refused(visitor, host):
    response = visitor.get("/", headers={"Host": host})
    assert response.status_code == 400
    assert "evil" not in response.text
    assert_safe(response)


@pytest.mark.parametrize("size", [300_000, 3_000_000])
def test_too_large_a_form_is_a_safe_413(visitor, size):
    response = visitor.write("/language", language="es" + " " * size)
    assert response.status_code == 413
    assert_safe(response)


def test_form_of_too_many_parts_is_refused(visitor):
    many = {f"field{number}": "x" for number in range(300)} | {"csrf_token": visitor.token()}
    response = visitor.post("/language", data=many, content_type="multipart/form-data")
    assert response.status_code == 413
    assert_safe(response)


def test_too_many_changes_are_a_safe_429(visitor):
    answers = [visitor.write("/language", language="es") for _ in range(61)]
    assert answers[59].status_code == 303
    assert answers[60].status_code == 429
    assert answers[60].headers["Retry-After"]
    assert_safe(answers[60])


@pytest.fixture
def failing(session_app, world):
    """`failing(error)`: every statement of the pages fails with it from now on, until the test ends."""
    listeners = []

    def begin(error):
        def fail(*_):
            raise error

        event.listen(Engine, "before_cursor_execute", fail)
        listeners.append(fail)

    yield begin
    for fail in listeners:
        event.remove(Engine, "before_cursor_execute", fail)


@pytest.mark.parametrize("reader", ["visitor", "member"])
@pytest.mark.parametrize("address", ["/", "/challenges", "/readyz", "/account", "/manage"])
def test_lost_database_is_a_safe_503(browsers, failing, address, reader):
    failing(OperationalError("select secret_word", {}, Exception("gone")))
    response = browsers[reader].get(address)
    if (reader, address) in {("visitor", "/account"), ("visitor", "/manage")}:
        assert response.status_code in (303, 403)
    else:
        assert response.status_code == 503
        assert response.headers["Retry-After"]
    assert "secret_word" not in response.text
    assert_safe(response)


def test_defect_is_a_safe_500_that_tells_nothing(visitor, failing):
    failing(RuntimeError("secret_word"))
    response = visitor.get("/challenges")
    assert response.status_code == 500
    assert "secret_word" not in response.text
    assert "Traceback" not in response.text
    assert_safe(response)


def test_program_recovers_when_the_database_returns(visitor):
    assert visitor.get("/challenges").status_code == 200
