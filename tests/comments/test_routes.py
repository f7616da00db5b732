"""Discussions as their readers meet them: page after page, following the links that stand there."""

import pytest
from sqlalchemy import select

from lab.comments.models import Comment
from lab.comments.threads import LEVELS_DRAWN, NODES_A_PAGE, ROOTS_A_PAGE
from lab.contributions.models import Contribution, State
from lab.core.db import db
from tests.factories.challenges import a_challenge, moved
from tests.factories.contributions import a_comment, an_idea, hide, many_answers, many_comments
from tests.reading import link, links

HELD, HIDDEN = "En revisión", "La moderación ocultó este comentario."
WITHDRAWN = "Quien lo escribió retiró este comentario."
GOES_ON, MORE_ANSWERS = "Continuar esta conversación", "Ver más respuestas"


@pytest.fixture
def idea(author):
    return an_idea(a_challenge(), author)


@pytest.fixture
def reviewed(author):
    """An idea where guests are read before everybody reads them."""
    return an_idea(a_challenge(reviews_guests=True), author)


@pytest.fixture
def withdraws(as_reader):
    """`withdraws(actor, comment)`: on its own page, by the link that stands there."""

    def by_hand(actor, comment):
        browser = as_reader(actor)
        return browser.write(link(browser.get(f"/comments/{comment.id}").text, "Retirar"))

    return by_hand


def page_of(idea) -> str:
    return f"/ideas/{idea.id}"


def says(browser, idea, body: str, key: str = "k" * 12):
    """Sends the form below the idea and lands where it leads: the answer and the page."""
    answer = browser.write(f"/contributions/{idea.id}/comments", body=body, key=key)
    return answer, browser.get(answer.location.partition("#")[0]).text


def newest_comment() -> int:
    return db.session.execute(select(Comment.id).order_by(Comment.id.desc()).limit(1)).scalar_one()


def a_chain(idea, actor, length: int) -> list:
    """Each answers the one before it."""
    chain = [a_comment(idea, actor, "eslabón 0")]
    for depth in range(1, length):
        chain.append(a_comment(idea, actor, f"eslabón {depth}", parent=chain[-1]))
    return chain


def test_guest_sees_at_once_what_waits_for_review_and_that_it_waits(as_reader, guest, reviewed):
    _, page = says(as_reader(guest), reviewed, "¿Y los pozos?")
    assert "¿Y los pozos?" in page
    assert HELD in page
    assert HIDDEN not in page


def test_others_see_nothing_of_what_waits_for_review(as_reader, guest, member, stranger, reviewed):
    a_comment(reviewed, guest, "¿Y los pozos?")
    for reader in (member, stranger):
        page = as_reader(reader).get(page_of(reviewed)).text
        assert "¿Y los pozos?" not in page
        assert HIDDEN not in page


def test_moderator_reads_what_waits_in_its_place(as_reader, guest, moderator, reviewed):
    a_comment(reviewed, guest, "¿Y los pozos?")
    page = as_reader(moderator).get(page_of(reviewed)).text
    assert "¿Y los pozos?" in page
    assert HELD in page


def test_guest_takes_back_what_waits_for_review(as_reader, guest, moderator, reviewed):
    comment = a_comment(reviewed, guest)
    browser = as_reader(guest)
    browser.write(link(browser.get(page_of(reviewed)).text, "Retirar"))
    assert browser.get(f"/comments/{comment.id}").status_code == 404


def test_living_answers_below_a_withdrawn_comment_are_reached(as_reader, author, member, stranger, withdraws, idea):
    chain = a_chain(idea, author, LEVELS_DRAWN)
    a_comment(idea, member, "sigo aquí", parent=chain[-1])
    withdraws(author, chain[-1])
    browser = as_reader(stranger)
    page = browser.get(link(browser.get(page_of(idea)).text, GOES_ON)).text
    assert WITHDRAWN in page
    assert "sigo aquí" in page
    assert f"eslabón {LEVELS_DRAWN - 1}" not in page


def test_living_answers_below_a_hidden_comment_are_reached(as_reader, author, member, stranger, moderator, idea):
    chain = a_chain(idea, author, LEVELS_DRAWN)
    a_comment(idea, member, "sigo aquí", parent=chain[-1])
    hide(moderator, chain[-1].id)
    browser = as_reader(stranger)
    page = browser.get(link(browser.get(page_of(idea)).text, GOES_ON)).text
    assert HIDDEN in page
    assert "sigo aquí" in page


def test_address_of_a_withdrawn_comment_says_that_it_is_gone(as_reader, author, stranger, withdraws, idea):
    comment = a_comment(idea, author, "me arrepentí")
    withdraws(author, comment)
    for reader in (stranger, author):
        answer = as_reader(reader).get(f"/comments/{comment.id}")
        assert answer.status_code == 410
        assert WITHDRAWN in answer.text
        assert "me arrepentí" not in answer.text


def test_address_of_a_hidden_comment_says_that_it_is_gone(as_reader, author, stranger, moderator, idea):
    comment = a_comment(idea, author, "insulto")
    hide(moderator, comment.id)
    answer = as_reader(stranger).get(f"/comments/{comment.id}")
    assert answer.status_code == 410
    assert HIDDEN in answer.text


def test_no_link_leads_on_where_only_gone_answers_are_left(as_reader, author, stranger, withdraws, idea):
    chain = a_chain(idea, author, LEVELS_DRAWN + 1)
    withdraws(author, chain[-1])
    assert links(as_reader(stranger).get(page_of(idea)).text, GOES_ON) == []


def test_answers_of_a_comment_are_found_however_many_its_thread_has(as_reader, author, stranger, idea):
    top = a_comment(idea, author)
    loud, quiet = a_comment(idea, author, parent=top), a_comment(idea, author, parent=top)
    many_answers(idea, loud, author, NODES_A_PAGE + 5)
    a_comment(idea, author, "la única", parent=quiet)
    page = as_reader(stranger).get(f"/comments/{quiet.id}").text
    assert "la única" in page
    assert links(page, GOES_ON) == []


def test_every_answer_is_reached_page_after_page(as_reader, author, stranger, idea):
    (top,) = many_comments(idea, author, 1, replies=NODES_A_PAGE + 50)
    browser, address, seen = as_reader(stranger), f"/comments/{top}", []
    while address:
        page = browser.get(address).text
        seen += [part.partition('"')[0] for part in page.split('id="comment-')[1:]]
        address = next(iter(links(page, MORE_ANSWERS)), None)
    answers = [each for each in seen if each != str(top)]
    assert len(answers) == len(set(answers)) == NODES_A_PAGE + 50


@pytest.mark.parametrize("state", [State.HELD, State.HIDDEN, State.WITHDRAWN])
def test_comments_nobody_may_read_do_not_fill_the_page(as_reader, guest, author, stranger, idea, state):
    many_comments(idea, guest, ROOTS_A_PAGE + 1, state=state)
    a_comment(idea, author, "yo sí estoy")
    assert "yo sí estoy" in as_reader(stranger).get(page_of(idea)).text


def test_public_comments_are_paged_past_what_nobody_may_read(as_reader, guest, author, stranger, idea):
    many_comments(idea, author, ROOTS_A_PAGE)
    many_comments(idea, guest, ROOTS_A_PAGE + 1, state=State.HELD)
    a_comment(idea, author, "yo sí estoy")
    browser = as_reader(stranger)
    assert "yo sí estoy" in browser.get(link(browser.get(page_of(idea)).text, "Ver más comentarios")).text


def test_writer_is_taken_to_where_the_comment_is_seen(as_reader, member, author, idea):
    many_comments(idea, author, ROOTS_A_PAGE)
    answer, page = says(as_reader(member), idea, "el cincuenta y uno")
    assert answer.location.endswith(f"#comment-{newest_comment()}")
    assert f'id="comment-{newest_comment()}"' in page


def test_writer_of_one_of_few_comments_stays_in_the_discussion(as_reader, member, idea):
    answer, page = says(as_reader(member), idea, "el primero")
    assert answer.location == f"{page_of(idea)}#comment-{newest_comment()}"
    assert "el primero" in page


def test_writer_of_a_deep_answer_is_taken_to_where_it_is_seen(as_reader, member, author, idea):
    chain = a_chain(idea, author, LEVELS_DRAWN)
    browser = as_reader(member)
    answer = browser.write(f"/comments/{chain[-1].id}/reply", body="muy abajo", key="k" * 12)
    assert "muy abajo" in browser.get(answer.location).text


def test_no_form_is_drawn_where_the_phase_takes_no_comments(as_reader, member, author, idea):
    comment = a_comment(idea, author)
    moved(idea.challenge, None)
    browser = as_reader(member)
    for address in (f"/contributions/{idea.id}/comments", f"/comments/{comment.id}/reply"):
        page = browser.get(address).text
        assert "<textarea" not in page
        assert "Todo lo aportado se puede leer." in page


def test_words_are_kept_when_the_phase_ends_while_they_are_written(as_reader, member, idea):
    browser = as_reader(member)
    moved(idea.challenge, None)
    typed = {"body": "Ya lo tenía escrito.", "key": "k" * 12, "csrf_token": browser.token()}
    answer = browser.post(f"/contributions/{idea.id}/comments", data=typed, headers={"Origin": "http://localhost"})
    assert answer.status_code == 409
    assert "Ya lo tenía escrito." in answer.text


def test_comment_is_in_the_language_of_what_it_discusses(as_reader, member, idea):
    browser = as_reader(member)
    browser.write("/language", language="en")
    says(browser, idea, "Buena idea.")
    assert db.session.get_one(Contribution, newest_comment()).language == "es"
    assert '<div class="comment-body" lang="es">' in browser.get(page_of(idea)).text


def test_comment_in_the_language_of_the_page_needs_no_mark(as_reader, member, idea):
    a_comment(idea, member)
    assert '<div class="comment-body">' in as_reader(member).get(page_of(idea)).text


def test_withdrawing_sent_twice_answers_the_same(as_reader, author, idea):
    comment = a_comment(idea, author)
    browser = as_reader(author)
    answers = [browser.write(f"/comments/{comment.id}/withdraw") for _ in range(2)]
    assert {(answer.status_code, answer.location) for answer in answers} == {(303, page_of(idea))}


def test_conversation_of_a_demonstration_says_that_it_is_one(as_reader, author, stranger, idea):
    shown = a_comment(an_idea(a_challenge(demonstration=True), author), author)
    real = a_comment(idea, author)
    browser = as_reader(stranger)
    assert "Demostración, no oficial" in browser.get(f"/comments/{shown.id}").text
    assert "Demostración, no oficial" not in browser.get(f"/comments/{real.id}").text
