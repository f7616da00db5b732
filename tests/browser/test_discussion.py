"""The order of a discussion, chosen with and without scripts, by pointer and by keyboard."""

import pytest
from playwright.sync_api import expect

from lab.votes.models import Purpose
from tests.browser.conftest import PHONE
from tests.browser.steps import SETTLED, KeyboardVisitor
from tests.factories.challenges import a_challenge
from tests.factories.contributions import a_comment, an_idea
from tests.factories.votes import support

ORDER, NEWEST, STRONGEST = "Orden de los comentarios", "Primero los más recientes", "Primero los más apoyados"


@pytest.fixture
def idea(author, member):
    idea = an_idea(a_challenge(), author)
    comments = [a_comment(idea, author, words) for words in ("el primero", "el segundo", "el tercero")]
    support(member, comments[1], Purpose.COMMENTS)
    return idea


def stand_in_order(citizen, *words: str) -> None:
    expect(citizen.page.locator(".comment-body")).to_have_text(list(words))


def test_choosing_an_order_by_pointer_sorts_the_discussion(visitor, idea):
    visitor.goes_to(f"/ideas/{idea.id}")
    visitor.page.evaluate(SETTLED)
    with visitor.new_page():
        visitor.chooses(ORDER, NEWEST)
    stand_in_order(visitor, "el tercero", "el segundo", "el primero")
    visitor.page.evaluate(SETTLED)
    with visitor.new_page():
        visitor.chooses(ORDER, STRONGEST)
    stand_in_order(visitor, "el segundo", "el tercero", "el primero")


def test_with_the_keyboard_the_order_changes_when_it_is_sent(opens, idea):
    neighbour = opens(kind=KeyboardVisitor, size=PHONE)
    neighbour.goes_to(f"/ideas/{idea.id}")
    neighbour.page.evaluate(SETTLED)
    neighbour.chooses(ORDER, NEWEST)
    stand_in_order(neighbour, "el primero", "el segundo", "el tercero")
    neighbour.sends("Ordenar")
    stand_in_order(neighbour, "el tercero", "el segundo", "el primero")


def test_without_scripts_the_button_sorts_the_discussion(opens, idea):
    neighbour = opens(scripts=False)
    neighbour.goes_to(f"/ideas/{idea.id}")
    neighbour.chooses(ORDER, NEWEST)
    neighbour.sends("Ordenar")
    stand_in_order(neighbour, "el tercero", "el segundo", "el primero")
