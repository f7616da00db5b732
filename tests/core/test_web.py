"""Doors: who may enter, what a refusal answers, and that no answer leaves without its headers."""

import re

import pytest
from flask import Blueprint

from lab.app import create_app
from lab.core import headers, web
from tests.browser_client import BrowserClient
from tests.core.conftest import A_SECRET
from tests.factories.people import a_guest, a_person

JSON = {"Accept": "application/json"}


def assert_safe(answer) -> None:
    assert {name: answer.headers.get(name) for name in headers.ALWAYS} == headers.ALWAYS
    assert answer.headers["Cache-Control"]


def test_a_door_without_a_policy_stops_the_start(lab_settings, server_url):
    program = create_app(lab_settings, server_url)
    open_door = Blueprint("open", __name__)
    open_door.add_url_rule("/open", "open", lambda: "anybody")
    program.register_blueprint(open_door)
    with pytest.raises(web.MissingPolicy, match=r"open\.open"):
        web.refuse_open_doors(program)


@pytest.mark.parametrize("kind", ["text/html", "application/json"])
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/healthz", 200),
        ("/readyz", 200),
        ("/nothing/here", 404),
        ("/rehearsal/write", 405),
        ("/rehearsal/defect", 500),
        ("/rehearsal/staff", 403),
        ("/assets/000000000000/app.css", 404),
        ("/rehearsal/%00", 400),
        ("/healthz?x=%00", 400),
        *((f"/rehearsal/refuse/{number}", status) for number, status in enumerate([404, 410, 403, 409, 409, 422])),
    ],
)
def test_every_answer_carries_the_headers(visitor, path, status, kind):
    answer = visitor.get(path, headers={"Accept": kind})
    assert answer.status_code == status
    assert_safe(answer)


def test_a_static_file_carries_the_headers(client, app):
    from lab.core.assets import asset

    assert_safe(client.get(asset("js/main.js")))


def test_the_policy_of_scripts_allows_nothing_inline():
    assert "unsafe" not in headers.CONTENT_SECURITY_POLICY
    assert "*" not in headers.CONTENT_SECURITY_POLICY


@pytest.mark.parametrize("kind", ["text/html", "application/json"])
def test_a_defect_tells_nothing_of_what_happened(visitor, kind):
    answer = visitor.get("/rehearsal/defect", headers={"Accept": kind})
    assert A_SECRET not in answer.text
    assert "ZeroDivision" not in answer.text
    assert "rehearsal" not in answer.text.replace("/rehearsal/defect", "")


def test_a_refusal_tells_a_script_its_reason(visitor):
    assert visitor.get("/rehearsal/refuse/0", headers=JSON).json == {"error": "una razón"}


def test_a_write_without_a_token_is_refused(visitor):
    assert visitor.post("/rehearsal/write").status_code == 400


def test_a_write_with_the_token_of_another_browser_is_refused(rehearsal):
    here, elsewhere = rehearsal(), rehearsal()
    stolen = elsewhere.token()
    assert here.post("/rehearsal/write", data={"csrf_token": stolen}).status_code == 400


def test_a_write_with_its_token_passes(visitor):
    assert visitor.write("/rehearsal/write").text == "written"
    assert visitor.write_json("/rehearsal/write").text == "written"


def test_a_zero_character_in_a_form_is_refused(visitor):
    assert visitor.write("/rehearsal/write", title="a\0b").status_code == 400


def test_a_form_larger_than_the_limit_is_refused(visitor):
    answer = visitor.write("/rehearsal/write", title="a" * 300_000)
    assert answer.status_code == 413
    assert_safe(answer)


def test_a_stranger_host_is_refused(visitor):
    answer = visitor.get("/healthz", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert_safe(answer)


def test_forwarded_headers_are_not_believed_without_a_proxy(visitor):
    answer = visitor.get("/healthz", headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"})
    assert answer.status_code == 200
    assert "Strict-Transport-Security" not in answer.headers


def test_under_tls_transport_security_and_host_cookies_are_asked_for(rehearsal):
    visitor = rehearsal(public_url="https://lab.example")
    answer = visitor.get("/healthz", base_url="https://lab.example")
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    assert visitor.application.config["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert visitor.application.config["SESSION_COOKIE_SECURE"]


def test_under_tls_the_language_is_a_host_cookie_too(rehearsal):
    visitor = rehearsal(public_url="https://lab.example")
    answer = visitor.get("/language", base_url="https://lab.example")
    token = re.search(r'name="csrf_token" value="([^"]+)"', answer.text)
    form = {"language": "en", "csrf_token": token[1] if token else ""}
    answer = visitor.post("/language", data=form, base_url="https://lab.example")
    cookie = next(each for each in answer.headers.getlist("Set-Cookie") if "language" in each)
    assert cookie.startswith("__Host-language=en;")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert 'lang="en"' in visitor.get("/about", base_url="https://lab.example").text


def test_staff_pages_ask_a_visitor_to_sign_in_and_refuse_a_member(visitor, member):
    assert visitor.get("/rehearsal/staff").status_code == 403
    visitor.sign_in(member)
    assert visitor.get("/rehearsal/account").text == "account"
    assert visitor.get("/rehearsal/staff").status_code == 403


def test_staff_pages_open_for_staff(visitor, moderator):
    visitor.sign_in(moderator)
    assert visitor.get("/rehearsal/staff").text == "staff"


def written(visitor: BrowserClient, times: int) -> list:
    """The answers to a form that is sent again and again."""
    form = {"csrf_token": visitor.token()}
    return [visitor.post("/rehearsal/write", data=form) for _ in range(times)]


def test_a_person_who_writes_without_pause_is_slowed_down(visitor, member):
    visitor.sign_in(member)
    *before, last = written(visitor, 61)
    assert {answer.status_code for answer in before} == {200}
    assert last.status_code == 429
    assert last.headers["Retry-After"]
    assert_safe(last)


def test_a_workshop_behind_one_address_is_not_slowed_down(rehearsal):
    program = rehearsal().application
    for person in (a_person(), a_guest(), a_person()):
        visitor = BrowserClient(program)
        visitor.sign_in(person)
        assert {answer.status_code for answer in written(visitor, 30)} == {200}


def test_a_database_that_is_away_answers_503_and_says_when_to_come_back(rehearsal):
    visitor = rehearsal(url="postgresql+psycopg2://lab@127.0.0.1:1/lab")
    for kind in ("text/html", "application/json"):
        answer = visitor.get("/readyz", headers={"Accept": kind})
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
        assert_safe(answer)
    assert visitor.get("/healthz").status_code == 200
