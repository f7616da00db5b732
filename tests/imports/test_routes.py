"""The manage screens of imports."""

import pytest

from lab.challenges.queries import find_challenge_id
from lab.core.actors import Role
from lab.imports import queries
from tests.factories.challenges import a_challenge
from tests.factories.contributions import a_comment
from tests.factories.people import a_staff_member
from tests.imports.exports import SLUG, an_export, bring_in
from tests.imports.test_undo import imported_idea

LIST = f"/manage/challenges/{SLUG}/imports"


@pytest.fixture
def folder(app, tmp_path):
    return an_export(tmp_path / "conversación", votes=[(0, 0, 1, 1)])


@pytest.fixture
def page(folder) -> str:
    """The address of the confirm page of an import that made its challenge."""
    bring_in(folder)
    return undo_page()


def undo_page() -> str:
    return f"/manage/imports/{queries.list_imports()[0].id}/undo"


def test_facilitator_sees_what_was_imported_and_its_licence(client, facilitator, page):
    client.sign_in(facilitator)
    shown = client.get(LIST).text
    assert all(words in shown for words in ("https://pol.is/prueba", "CC BY 4.0", "Completa", page))
    assert LIST in client.get(f"/manage/challenges/{SLUG}").text


def test_challenge_without_imports_has_no_link_to_them(client, facilitator):
    a_challenge(slug=SLUG)
    client.sign_in(facilitator)
    assert LIST not in client.get(f"/manage/challenges/{SLUG}").text
    assert "Aquí no hay nada importado" in client.get(LIST).text


def test_moderator_sees_the_list_and_may_not_undo(client, moderator, page):
    client.sign_in(moderator)
    assert page not in client.get(LIST).text
    assert client.get(page).status_code == 404
    assert client.write(page).status_code == 404


def test_facilitator_undoes_an_import_and_its_draft(client, facilitator, page):
    client.sign_in(facilitator)
    assert "también se borra su borrador" in client.get(page).text
    answer = client.write(page)
    assert (answer.status_code, answer.location, find_challenge_id(SLUG)) == (303, "/manage", None)


def test_facilitator_of_another_challenge_does_not_find_the_import(client, page):
    client.sign_in(a_staff_member(Role.FACILITATOR, a_challenge().id))
    assert client.get(page).status_code == 404


def test_facilitator_of_the_challenge_undoes_it_and_returns_to_the_list(client, folder):
    challenge = a_challenge(slug=SLUG)
    bring_in(folder)
    client.sign_in(a_staff_member(Role.FACILITATOR, challenge.id))
    assert client.write(undo_page()).location == LIST
    assert "Se deshizo" in client.get(LIST).text


def test_commented_import_says_why_it_stays(client, facilitator, member, folder):
    a_challenge(slug=SLUG)
    bring_in(folder)
    a_comment(imported_idea(), member)
    client.sign_in(facilitator)
    assert "ya no se puede deshacer" in client.get(undo_page()).text
    assert client.write(undo_page()).status_code == 409


@pytest.mark.parametrize("made", [True, False])
def test_undo_pressed_twice_gets_the_same_answer(client, facilitator, folder, made):
    if not made:
        a_challenge(slug=SLUG)
    bring_in(folder)
    client.sign_in(facilitator)
    answers = [client.write(undo_page()) for _ in range(2)]
    assert [(answer.status_code, answer.location) for answer in answers] == [(303, "/manage" if made else LIST)] * 2


def test_member_does_not_find_an_undone_import(client, facilitator, moderator, page):
    client.sign_in(facilitator)
    client.write(page)
    client.sign_in(moderator)
    assert client.write(page).status_code == 404


def test_undone_import_has_no_confirm_page_any_more(client, facilitator, folder):
    a_challenge(slug=SLUG)
    bring_in(folder)
    client.sign_in(facilitator)
    client.write(undo_page())
    assert client.get(undo_page()).status_code == 409
