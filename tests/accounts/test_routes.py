"""The doors of people, without JavaScript."""

import re
from html import unescape

import pytest

from lab.accounts import operations, queries
from lab.challenges.phases import Phase
from lab.core import limits
from lab.core.actors import SYSTEM, Actor, Role
from lab.core.db import db, unit_of_work
from tests.browser_client import BrowserClient
from tests.factories.challenges import a_challenge
from tests.factories.contributions import an_idea
from tests.factories.people import PASSWORD, a_person, a_staff_member, again, email_of

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
NEW_PASSWORD = "otra clave larga"
STEP = {"consent_step": "yes", "consent_accepted": "yes", "consent_of_age": "yes", "consent_name": "Vecina"}
SEEN = re.compile(r'name="consent_seen" value="([^"]*)"')


def hidden_fields(page) -> list[tuple[str, str]]:
    return [(name, unescape(value)) for name, value in HIDDEN.findall(page.text)]


def step_on(page) -> dict[str, str]:
    """The step as somebody fills it in who reads this page."""
    return STEP | {"consent_seen": SEEN.search(page.text)[1]}


def enter(client, actor, password=PASSWORD, **more):
    return client.write("/account/sign-in", email=email_of(actor), password=password, **more)


def session_of(client) -> dict:
    with client.session_transaction() as session:
        return dict(session)


def set_session(client, **values) -> None:
    with client.session_transaction() as session:
        session.update(values)


def cookie_lines(response) -> list[str]:
    return response.headers.getlist("Set-Cookie")


def test_member_signs_in_and_goes_on_to_the_page_asked_for(client, member):
    response = enter(client, member, next="/challenges?q=agua")
    assert (response.status_code, response.location) == (303, "/challenges?q=agua")
    assert "Vecino" in client.get("/account").text


@pytest.mark.parametrize("next_page", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x"])
def test_sign_in_never_leads_to_another_site(client, member, next_page):
    assert enter(client, member, next=next_page).location == "/account"


def test_wrong_password_keeps_the_address_and_forgets_the_password(client, member):
    response = enter(client, member, "una clave falsa")
    assert email_of(member) in response.text
    assert "una clave falsa" not in response.text
    assert "_user_id" not in session_of(client)


def test_sign_in_keeps_nothing_of_the_session_before(client, member):
    client.get("/account/sign-in")
    set_session(client, planted="yes", guest="b" * 32, contributed=True)
    before = session_of(client)["csrf_token"]
    enter(client, member)
    after = session_of(client)
    assert not {"planted", "guest", "contributed"} & after.keys()
    assert after.get("csrf_token") != before


def test_sign_in_keeps_the_language(client, member):
    client.write("/language", language="en")
    enter(client, member)
    assert '<html lang="en">' in client.get("/account").text


def test_session_outlives_the_browser_only_when_asked_to(client, another_client, member):
    assert "Expires" not in "".join(cookie_lines(enter(client, member)))
    assert "Expires" in "".join(cookie_lines(enter(another_client, member, remember="y")))
    assert "Expires" not in "".join(cookie_lines(client.get("/account")))


def test_too_many_attempts_on_one_account_are_refused_from_anywhere(client, another_client, member):
    answers = [enter(each, member, "mala clave").status_code for each in [client, another_client] * 5 + [client]]
    assert answers == [200] * 10 + [429]
    assert enter(client, a_person()).status_code == 303


def attempt(app, number: int, address: str = "10.0.0.1") -> int:
    """One attempt on an account of its own, from a browser of its own."""
    browser = BrowserClient(app)
    browser.environ_base["REMOTE_ADDR"] = address
    browser.sign_in(Actor(guest_key=f"{number:032}"))
    return browser.write("/account/sign-in", email=f"{number}@example.org").status_code


def test_too_many_attempts_from_one_address_are_refused_whatever_the_account(app):
    allowed = int(limits.SIGN_INS_AN_ADDRESS.partition("/")[0])
    answers = [attempt(app, number) for number in range(allowed + 1)]
    assert answers == [200] * allowed + [429]
    assert attempt(app, allowed, "10.0.0.2") == 200


def test_looking_at_the_sign_in_page_is_never_limited(client):
    assert {client.get("/account/sign-in").status_code for _ in range(15)} == {200}


def test_member_signs_out_and_is_a_visitor(client, member):
    enter(client, member)
    assert client.write("/account/sign-out").location == "/"
    assert client.get("/account").location == "/account/sign-in?next=/account"


def test_guest_reads_on_their_page_how_they_are_known(client, sign_in, guest):
    sign_in(client, guest)
    assert "Usted participa sin cuenta" in client.get("/account").text


def test_own_page_lists_what_higher_features_know(client, sign_in, author):
    an_idea(a_challenge(), author, title="Medir el agua del pozo")
    sign_in(client, author)
    assert "Medir el agua del pozo" in client.get("/account").text


def test_new_password_ends_other_sessions_and_keeps_this_one(client, another_client, member):
    enter(client, member)
    enter(another_client, member)
    response = client.write("/account/password", present=PASSWORD, password=NEW_PASSWORD)
    assert response.status_code == 303
    assert client.get("/account/password").status_code == 200
    assert another_client.get("/account/password").status_code == 403


@pytest.mark.parametrize("typed", [{"present": "no es"}, {"password": "corta"}, {"password": ""}])
def test_password_form_comes_back_without_what_was_typed(client, sign_in, member, typed):
    sign_in(client, member)
    response = client.write("/account/password", **{"present": PASSWORD, "password": NEW_PASSWORD} | typed)
    assert response.status_code == 200
    assert "field-error" in response.text
    assert PASSWORD not in response.text


def send_idea(client, challenge, **more):
    fields = {
        "kind": "finding",
        "title": "Medir «agua» & pozo",
        "body": "Uno\nDos",
        "key": "una-sola-vez",
        "action": "publish",
    }
    return client.write(f"/challenges/{challenge.slug}/ideas/new", **fields | {"language": "es"} | more)


def new_idea(client, challenge):
    return client.get(f"/challenges/{challenge.slug}/ideas/new?kind=finding")


def test_first_contribution_asks_for_consent_and_keeps_every_field(client, stranger, sign_in):
    sign_in(client, stranger)
    challenge = a_challenge()
    step = send_idea(client, challenge, extra=["a", "b"])
    kept = hidden_fields(step)
    assert step.status_code == 403
    assert ("body", "Uno\nDos") in kept
    assert ("title", "Medir «agua» & pozo") in kept
    assert [value for name, value in kept if name == "extra"] == ["a", "b"]
    assert f'action="/challenges/{challenge.slug}/ideas/new"' in step.text


def test_accepting_sends_what_was_kept(client, stranger, sign_in):
    sign_in(client, stranger)
    step = send_idea(client, a_challenge())
    challenge = a_challenge(slug="otro")
    sent = client.write(f"/challenges/{challenge.slug}/ideas/new", **dict(hidden_fields(step)) | step_on(step))
    page = client.get(sent.location)
    assert sent.status_code == 303
    assert "Medir «agua» &amp; pozo" in page.text
    assert "Vecina" in page.text


@pytest.mark.parametrize("missing", ["consent_accepted", "consent_of_age"])
def test_empty_box_brings_the_step_back_with_its_error_and_everything_kept(client, stranger, sign_in, missing):
    sign_in(client, stranger)
    challenge = a_challenge()
    ticked = {name: value for name, value in step_on(new_idea(client, challenge)).items() if name != missing}
    step = send_idea(client, challenge, **ticked)
    other = ({"consent_accepted", "consent_of_age"} - {missing}).pop()
    assert ("body", "Uno\nDos") in hidden_fields(step)
    assert f'id="{missing}-error"' in step.text
    assert re.search(rf'id="{other}"[^>]* checked', step.text)
    assert 'value="Vecina"' in step.text


def test_step_inside_the_form_needs_one_page_only(client, stranger, sign_in):
    sign_in(client, stranger)
    challenge = a_challenge()
    form = new_idea(client, challenge)
    assert 'name="consent_accepted"' in form.text
    assert send_idea(client, challenge, **step_on(form)).status_code == 303


def test_text_published_while_somebody_writes_is_shown_and_nothing_typed_is_lost(client, stranger, sign_in):
    sign_in(client, stranger)
    challenge = a_challenge()
    form = new_idea(client, challenge)
    publish_consent("Otras condiciones.")
    step = send_idea(client, challenge, **step_on(form))
    assert (step.status_code, "Otras condiciones." in step.text) == (403, True)
    assert 'id="consent_accepted-error"' in step.text
    assert not re.search(r'id="consent_accepted"[^>]* checked', step.text)
    assert re.search(r'id="consent_of_age"[^>]* checked', step.text)
    assert {("body", "Uno\nDos"), ("title", "Medir «agua» & pozo")} <= set(hidden_fields(step))
    assert send_idea(client, challenge, **step_on(step)).status_code == 303


def publish_consent(body: str) -> None:
    with unit_of_work():
        operations.publish_legal_text(SYSTEM, operations.LegalWords("consent", "es", "Antes de aportar", body))


def test_refused_contribution_stores_nobody_and_asks_again(client, stranger, sign_in):
    sign_in(client, stranger)
    closed, open_one = a_challenge(Phase.ADOPTION), a_challenge()
    assert send_idea(client, closed, **step_on(new_idea(client, open_one))).status_code == 409
    assert queries.find_guest(stranger.guest_key) is None
    assert 'name="consent_accepted"' in new_idea(client, open_one).text


def test_consented_guest_is_not_asked_again(client, guest, sign_in):
    sign_in(client, guest)
    assert send_idea(client, a_challenge()).status_code == 303


def test_script_is_told_that_consent_is_missing(client, stranger, sign_in, author):
    sign_in(client, stranger)
    idea = an_idea(a_challenge(), author)
    answer = client.write_json(f"/ideas/{idea.id}/support", value="1")
    assert answer.status_code == 403
    assert answer.json["error"]


def test_everybody_reads_the_legal_texts_with_their_versions(client, administrator, sign_in):
    publish_text(client, administrator, sign_in)
    visitor = client.application.test_client()
    assert "Dos condiciones." in visitor.get("/legal/terms").text
    assert "terms (es)" in visitor.get("/legal/terms/1").text
    assert "ya no es la actual" in visitor.get("/legal/terms/1").text
    assert visitor.get("/legal/terms/9").status_code == 404


def publish_text(client, administrator, sign_in, step="publish", **more):
    sign_in(client, administrator)
    fields = {"title": "Términos", "body": "Dos condiciones.", "seen": "1", "step": step}
    return client.write("/manage/texts/terms/es", **fields | more)


def test_text_is_looked_at_before_it_is_published(client, administrator, sign_in):
    review = publish_text(client, administrator, sign_in, step="review", body="## Un título\n\nDos <b>palabras</b>.")
    assert "<h2>Un título</h2>" in review.text
    assert "&lt;b&gt;" in review.text
    assert ("body", "## Un título\n\nDos <b>palabras</b>.") in hidden_fields(review)
    assert queries.get_present_text("terms", "es").version == 1


def test_writing_on_keeps_the_text(client, administrator, sign_in):
    assert "Dos condiciones." in publish_text(client, administrator, sign_in, step="write").text


def test_older_text_than_the_present_is_a_conflict(client, administrator, sign_in):
    publish_text(client, administrator, sign_in)
    assert publish_text(client, administrator, sign_in, body="Otra cosa.").status_code == 409


@pytest.mark.parametrize("address", ["/manage/texts", "/manage/texts/terms/es", "/manage/texts/terms/xx"])
def test_only_administrators_edit_texts(client, facilitator, sign_in, address):
    sign_in(client, facilitator)
    assert client.get(address).status_code == 403


def test_administrator_gives_and_withdraws_a_role(client, administrator, member, sign_in):
    sign_in(client, administrator)
    given = client.write("/manage/roles", email=email_of(member), role="moderator")
    assert (given.status_code, again(member).grants) == (303, {(Role.MODERATOR, None)})
    held = queries.get_grant_of(email_of(member), Role.MODERATOR, None)
    assert "Retirar el rol" in client.get(f"/manage/roles/{held.id}/withdraw").text
    client.write(f"/manage/roles/{held.id}/withdraw")
    assert again(member).grants == set()


def test_withdrawal_sent_twice_gets_the_same_answer(client, member, sign_in):
    challenge = a_challenge()
    sign_in(client, a_staff_member(Role.FACILITATOR, challenge.id))
    roles = f"/manage/roles?challenge={challenge.id}"
    client.write(roles, email=email_of(member), role="moderator")
    held = queries.get_grant_of(email_of(member), Role.MODERATOR, challenge.id)
    address = f"/manage/roles/{held.id}/withdraw"
    assert f'name="challenge" value="{challenge.id}"' in client.get(address).text
    answers = [client.write(address, challenge=challenge.id) for _ in range(2)]
    assert [(answer.status_code, answer.location) for answer in answers] == [(303, roles)] * 2
    # Nothing is said to whom the roles of that place are no business of.
    assert client.write(address, challenge="").status_code == 404
    assert client.write(address, challenge=a_challenge().id).status_code == 404


def test_text_being_written_is_kept_on_the_device_until_it_is_published(client, administrator, sign_in):
    sign_in(client, administrator)
    address = "/manage/texts/terms/es"
    assert 'data-draft-key="text:terms:es:1" data-draft-over' in client.get(address).text
    sent = client.write(address, title="Términos", body="Otros.", seen="1", step="publish")
    assert 'data-draft-sent="text:terms:es:1"' in client.get(sent.location).text


def test_unknown_address_comes_back_at_its_field(client, administrator, sign_in):
    sign_in(client, administrator)
    response = client.write("/manage/roles", email="nadie@example.org", role="moderator")
    assert 'id="email-error"' in response.text
    assert "nadie@example.org" in response.text


def test_facilitator_of_a_challenge_gives_roles_only_there(client, member, sign_in):
    mine, other = a_challenge(), a_challenge()
    sign_in(client, a_staff_member(Role.FACILITATOR, mine.id))
    page = client.get(f"/manage/roles?challenge={mine.id}")
    assert mine.title in page.text
    assert 'value="administrator"' not in page.text
    assert client.get(f"/manage/roles?challenge={other.id}").status_code == 404
    assert client.get("/manage/roles").status_code == 404
    client.write(f"/manage/roles?challenge={mine.id}", email=email_of(member), role="analyst")
    assert again(member).grants == {(Role.ANALYST, mine.id)}


@pytest.mark.parametrize("challenge", ["x", "-1", "9" * 30, "0", "²"])
def test_roles_of_no_challenge_are_not_found(client, administrator, sign_in, challenge):
    sign_in(client, administrator)
    assert client.get(f"/manage/roles?challenge={challenge}").status_code == 404


def test_facilitator_who_withdraws_their_own_role_lands_on_their_page(client, sign_in):
    challenge = a_challenge()
    leader = a_staff_member(Role.FACILITATOR, challenge.id)
    sign_in(client, leader)
    held = queries.get_grant_of(email_of(leader), Role.FACILITATOR, challenge.id)
    assert client.write(f"/manage/roles/{held.id}/withdraw").location == "/account"


def test_language_is_kept_for_a_year_and_leads_back(client):
    response = client.write("/language", language="en", next="/legal/terms")
    cookie = next(line for line in cookie_lines(response) if line.startswith("language="))
    assert response.location == "/legal/terms"
    assert "Max-Age=31536000" in cookie
    assert "SameSite=Lax" in cookie
    assert "terms (en)" in client.get("/legal/terms").text


def test_language_that_is_not_offered_is_refused(client):
    assert client.write("/language", language="xx").status_code == 422


def test_blocked_member_is_a_visitor_at_once(client, member):
    enter(client, member)
    with db.engine.begin() as connection:
        connection.exec_driver_sql("update people set blocked_at = now()")
    assert client.get("/account").status_code == 303
