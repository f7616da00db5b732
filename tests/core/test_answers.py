"""A refusal gives back what was typed, says what to do next, and leads back to where somebody was."""

import re
from html import unescape

import pytest

TITLE, TEXT = "Un mensaje el día antes", "Que avise <b>por teléfono</b>.\r\n\r\nTambién en aymara."
TYPED = {"title": TITLE, "body": TEXT, "key": "a" * 32, "next": "/about", "consent_name": "Vecina de Villa Adela"}
OWN, FOREIGN = "http://localhost", "https://evil.example"
REFUSALS = {404: 0, 410: 1, 403: 2, 409: 4, 422: 5}


def sent(visitor, path: str, origin: str = OWN, referrer: str = "", **fields: str):
    """A form as a browser sends it, with a token."""
    headers = {"Origin": origin} | ({"Referer": referrer} if referrer else {})
    return visitor.post(path, data=fields | {"csrf_token": visitor.token()}, headers=headers)


def given_back(answer) -> list[str]:
    return [unescape(text) for text in re.findall(r"<textarea[^>]*\breadonly>(.*?)</textarea>", answer.text, re.DOTALL)]


def led_to(answer, door: str) -> set[str]:
    """The pages that the links to a door of the frame name as those to come back to."""
    links = re.findall(rf'href="{door}\?next=([^"]*)"', answer.text)
    return {unescape(link).replace("%3D", "=").replace("%26", "&").replace("%3F", "?") for link in links}


@pytest.mark.parametrize(("status", "number"), REFUSALS.items())
def test_a_refused_form_gives_its_texts_back(visitor, status, number):
    answer = sent(visitor, f"/rehearsal/refuse/{number}", **TYPED)
    assert answer.status_code == status
    assert given_back(answer) == [TITLE, TEXT]


def test_a_defect_gives_the_texts_back(visitor):
    answer = sent(visitor, "/rehearsal/defect", **TYPED)
    assert (answer.status_code, given_back(answer)) == (500, [TITLE, TEXT])


def test_who_has_to_sign_in_first_keeps_the_text(visitor):
    assert given_back(sent(visitor, "/rehearsal/sign-in-first", **TYPED)) == [TITLE, TEXT]


def test_a_form_of_another_site_is_not_shown(visitor):
    assert given_back(sent(visitor, "/rehearsal/refuse/4", FOREIGN, **TYPED)) == []


def test_a_form_with_a_password_is_not_shown(visitor):
    answer = sent(visitor, "/rehearsal/refuse/4", password="mi clave secreta", **TYPED)
    assert "mi clave secreta" not in answer.text
    assert given_back(answer) == []


def test_a_form_that_may_pass_later_is_offered_whole(visitor):
    visitor.token()
    answer = visitor.post("/rehearsal/write?a=b", data=TYPED, headers={"Origin": OWN})
    assert answer.status_code == 400
    assert 'action="/rehearsal/write?a=b"' in answer.text
    for name, value in TYPED.items():
        assert f'name="{name}" value="' in answer.text
        assert value.split()[0] in answer.text
    assert given_back(answer) == []


def test_a_refusal_says_why_and_what_to_do(visitor):
    said = visitor.get("/rehearsal/refuse/4").text
    assert "una razón" in said
    assert "recárguela para ver cómo está ahora" in said


def test_a_form_for_another_host_is_a_plain_refusal(visitor):
    answer = visitor.post("/rehearsal/write", data=TYPED, headers={"Host": "evil.example", "Origin": FOREIGN})
    assert answer.status_code == 400
    assert "evil" not in answer.text


@pytest.mark.parametrize("door", ["/account/sign-in", "/language"])
@pytest.mark.parametrize("page", ["/about", "/challenges?q=agua&phase=exploration"])
def test_the_frame_leads_back_to_the_page_with_its_filters(visitor, door, page):
    assert led_to(visitor.get(page), door) == {page}


@pytest.mark.parametrize("page", ["/language?next=/about", "/account/sign-in?next=/about"])
def test_a_page_that_leads_somewhere_does_not_lead_to_itself(visitor, page):
    assert led_to(visitor.get(page), "/account/sign-in") == {"/about"}


@pytest.mark.parametrize(
    ("referrer", "wished", "page"),
    [
        (f"{OWN}/challenges?q=agua", "", "/challenges?q=agua"),
        (f"{OWN}/challenges?q=agua", "/about", "/challenges?q=agua"),
        (f"{OWN}/rehearsal/write", "/challenges?q=agua", "/challenges?q=agua"),
        (f"{OWN}/rehearsal/write", "", "/"),
        (f"{OWN}/rehearsal/write", "//evil.example", "/"),
        (f"{FOREIGN}/about", "", "/"),
        ("", "/about", "/about"),
        ("", "", "/"),
    ],
)
def test_a_refused_form_leads_back_to_the_page_that_sent_it(visitor, referrer, wished, page):
    answer = sent(visitor, "/rehearsal/sign-in-first", referrer=referrer, next=wished)
    assert led_to(answer, "/account/sign-in") == {page}
    assert visitor.get(page).status_code == 200


def test_a_form_drawn_again_without_a_sender_leads_back_to_itself(visitor):
    assert led_to(sent(visitor, "/rehearsal/refuse/5"), "/account/sign-in") == {"/rehearsal/refuse/5"}
