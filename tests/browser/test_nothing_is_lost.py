"""Whatever goes wrong on the way, what a person typed comes back; whatever is pressed twice happens once."""

from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from lab.contributions.models import Kind
from lab.contributions.queries import ListFilter, count_published
from lab.core.db import unit_of_work
from lab.ideas.operations import IdeaText, edit_idea
from tests.browser.steps import SETTLED
from tests.factories.challenges import a_challenge, moved
from tests.factories.contributions import an_idea
from tests.factories.people import PASSWORD, email_of

TITLE, TEXT = "Un mensaje el día antes", "Que avise por teléfono.\n\nTambién en aymara."
# What became of each press: whether the page held the form back.
PRESSED_TWICE = """(button) => {
  const held = [];
  document.addEventListener('submit', (event) => held.push(event.defaultPrevented));
  button.click();
  button.click();
  return held;
}"""


KEPT = "(text) => Object.values(localStorage).some((draft) => draft.includes(text))"
TOLD = """() => {
  window.told = 0;
  const line = document.querySelector('[data-draft-line]');
  const all = { childList: true, subtree: true, characterData: true };
  new MutationObserver(() => { window.told += 1; }).observe(line, all);
}"""


@pytest.fixture
def challenge(app):
    return a_challenge(title="Agua que avisa")


@pytest.fixture(params=["scripts", "no scripts"])
def citizen(request, challenge, opens):
    return opens(scripts=request.param == "scripts")


def begins(citizen, challenge) -> None:
    citizen.goes_to(f"/challenges/{challenge.slug}/ideas/new?kind=finding")
    citizen.writes("Dígalo en una frase", TITLE)
    citizen.writes("Explíquelo", TEXT)
    citizen.chooses("¿En qué idioma escribe?", "Aymar aru")


def finds_everything(citizen) -> None:
    citizen.reads_back("Dígalo en una frase", TITLE)
    citizen.reads_back("Explíquelo", TEXT)
    citizen.reads_back("¿En qué idioma escribe?", "ay")


def ideas_of(challenge) -> int:
    return count_published(challenge.id, ListFilter()).number


def test_form_without_consent_comes_back_and_then_goes_through(citizen, challenge):
    begins(citizen, challenge)
    citizen.sends("Publicar")
    citizen.accepts()
    citizen.sends("Aceptar y enviar")
    citizen.sees("Su aporte ya está publicado")
    citizen.sees("También en aymara.")


def test_step_with_one_box_empty_keeps_the_other_and_the_text(citizen, challenge):
    begins(citizen, challenge)
    citizen.ticks("Leí y acepto")
    citizen.sends("Publicar")
    expect(citizen.field("Leí y acepto")).to_be_checked()
    citizen.ticks("años o más")
    citizen.sends("Aceptar y enviar")
    citizen.sees("También en aymara.")


@pytest.mark.parametrize("label", ["Dígalo en una frase", "Explíquelo"])
def test_too_long_a_text_comes_back_whole(citizen, challenge, label):
    begins(citizen, challenge)
    long = "agua " * 900 + "fin"
    citizen.field(label).evaluate("field => field.removeAttribute('maxlength')")
    citizen.writes(label, long)
    citizen.sends("Publicar")
    citizen.sees("Falta corregir algo")
    citizen.reads_back(label, long)
    citizen.reads_back("¿En qué idioma escribe?", "ay")


def test_form_with_an_expired_token_is_not_lost(citizen, challenge):
    begins(citizen, challenge)
    citizen.accepts()
    citizen.page.context.clear_cookies()
    citizen.sends("Publicar")
    citizen.sees("Lo que escribió sigue aquí")
    citizen.sends("Enviar otra vez")
    citizen.sees("También en aymara.")
    assert ideas_of(challenge) == 1


def test_comment_with_an_expired_token_is_not_lost(citizen, challenge, author):
    citizen.goes_to(f"/ideas/{an_idea(challenge, author, Kind.FINDING).id}")
    citizen.writes("Su comentario", "¿Y en septiembre?")
    citizen.page.context.clear_cookies()
    citizen.sends("Comentar")
    citizen.sends("Enviar otra vez")
    citizen.accepts()
    citizen.sends("Aceptar y enviar")
    citizen.sees("¿Y en septiembre?")


def test_empty_form_says_what_is_missing(citizen, challenge):
    citizen.goes_to(f"/challenges/{challenge.slug}/ideas/new?kind=finding")
    citizen.writes("Explíquelo", TEXT)
    citizen.sends("Publicar")
    citizen.sees("Falta corregir algo")
    citizen.reads_back("Explíquelo", TEXT)
    expect(citizen.field("Dígalo en una frase")).to_have_attribute("aria-invalid", "true")


def test_second_press_while_the_first_is_on_its_way_sends_nothing(visitor, challenge):
    begins(visitor, challenge)
    visitor.accepts()
    visitor.page.evaluate(SETTLED)
    with visitor.new_page():
        assert visitor.button("Publicar").evaluate(PRESSED_TWICE) == [False, True]
    assert ideas_of(challenge) == 1


@pytest.fixture
def loses_the_answer():
    """`with loses_the_answer(visitor, "**/ideas/new*"): ...`: what is sent arrives, its answer does not."""

    @contextmanager
    def lost(visitor, address: str):
        context = visitor.page.context

        def lose(route):
            before = context.cookies()
            route.fetch(max_redirects=0)
            context.clear_cookies()
            context.add_cookies(before)
            route.abort()

        visitor.page.route(address, lose, times=1)
        yield
        visitor.page.wait_for_url("chrome-error://chromewebdata/")
        visitor.defects[:] = [each for each in visitor.defects if "ERR_FAILED" not in each]

    return lost


def test_idea_sent_again_after_a_lost_answer_is_one_idea(visitor, challenge, loses_the_answer):
    begins(visitor, challenge)
    visitor.accepts()
    with loses_the_answer(visitor, "**/ideas/new*"):
        visitor.presses("Publicar")
    assert ideas_of(challenge) == 1
    visitor.goes_to(f"/challenges/{challenge.slug}/ideas/new?kind=finding")
    visitor.sees("Recuperamos lo que había escrito")
    finds_everything(visitor)
    visitor.accepts()  # whose contribution it is was in the answer too
    visitor.sends("Publicar")
    visitor.sees("Su aporte ya está publicado")
    assert ideas_of(challenge) == 1


def test_comment_sent_again_after_a_lost_answer_is_one_comment(opens, member, challenge, author, loses_the_answer):
    idea = an_idea(challenge, author, Kind.FINDING)
    neighbour = opens(member)
    neighbour.goes_to(f"/ideas/{idea.id}")
    neighbour.writes("Su comentario", "¿Y en septiembre?")
    neighbour.sees("Guardado en este dispositivo")
    with loses_the_answer(neighbour, "**/comments"):
        neighbour.presses("Comentar")
    neighbour.goes_to(f"/ideas/{idea.id}")
    neighbour.sees("1 comentario")
    neighbour.reads_back("Su comentario", "¿Y en septiembre?")
    neighbour.sends("Comentar")
    neighbour.sees("1 comentario")


def test_draft_that_is_deleted_is_sent_under_a_new_key(visitor, challenge, loses_the_answer):
    begins(visitor, challenge)
    visitor.accepts()
    with loses_the_answer(visitor, "**/ideas/new*"):
        visitor.presses("Publicar")
    visitor.goes_to(f"/challenges/{challenge.slug}/ideas/new?kind=finding")
    visitor.presses("Borrar este borrador")
    visitor.reads_back("Explíquelo", "")
    begins(visitor, challenge)
    visitor.accepts()
    visitor.sends("Publicar")
    assert ideas_of(challenge) == 2


def test_change_of_an_idea_is_kept_until_it_is_saved(opens, author, challenge):
    idea = an_idea(challenge, author, Kind.FINDING, title="El pozo baja")
    writer = opens(author)
    writer.goes_to(f"/ideas/{idea.id}/edit")
    writer.writes("Explíquelo", TEXT)
    writer.sees("Guardado en este dispositivo")
    writer.goes_to(f"/ideas/{idea.id}/edit")
    writer.sees("Recuperamos lo que había escrito")
    writer.reads_back("Explíquelo", TEXT)
    writer.sends("Guardar el cambio")
    writer.sees("También en aymara.")
    writer.page.evaluate(SETTLED)
    assert drafts_of(writer) == []


def test_change_made_to_an_older_version_does_not_cover_the_newer(opens, author, challenge):
    idea = an_idea(challenge, author, Kind.FINDING, title="El pozo baja")
    writer = opens(author)
    writer.goes_to(f"/ideas/{idea.id}/edit")
    writer.writes("Explíquelo", "Lo de antes.")
    writer.sees("Guardado en este dispositivo")
    with unit_of_work():
        edit_idea(author, idea, IdeaText("El pozo sube", "Lo de ahora.", idea.need_type))
    writer.goes_to(f"/ideas/{idea.id}/edit")
    writer.page.evaluate(SETTLED)
    writer.reads_back("Explíquelo", "Lo de ahora.")


def test_who_signs_out_leaves_no_drafts(opens, author, challenge):
    writer = opens(author)
    begins(writer, challenge)
    writer.sees("Guardado en este dispositivo")
    assert len(drafts_of(writer)) == 1
    writer.unfolds("Autora")
    writer.sends("Salir")
    assert drafts_of(writer) == []


def test_draft_says_nothing_of_the_person_and_is_forgotten_in_time(visitor, challenge):
    begins(visitor, challenge)
    visitor.writes("Así se verá su nombre", "Vecina de Villa Adela")
    visitor.accepts()
    visitor.sees("Guardado en este dispositivo")
    (key,) = drafts_of(visitor)
    visitor.page.evaluate(SETTLED)
    visitor.writes("Explíquelo", "Otra cosa.")
    visitor.page.wait_for_function("(key) => localStorage.getItem(key).includes('Otra cosa')", arg=key)
    kept = visitor.page.evaluate("(key) => localStorage.getItem(key)", key)
    assert "Villa Adela" not in kept
    assert "consent" not in kept
    visitor.page.evaluate("(key) => localStorage.setItem(key, JSON.stringify({at: 0, values: {}}))", "draft:old")
    visitor.page.evaluate("() => localStorage.setItem('draft:broken', 'x')")
    visitor.page.reload()
    visitor.sees("Recuperamos lo que había escrito")
    assert drafts_of(visitor) == [key]


def test_draft_is_told_of_once_and_its_button_is_not_read_with_it(visitor, challenge):
    visitor.goes_to(f"/challenges/{challenge.slug}/ideas/new?kind=finding")
    visitor.page.evaluate(SETTLED)
    visitor.page.evaluate(TOLD)
    for text in ("Uno.", "Uno y dos.", "Uno, dos y tres."):
        visitor.writes("Explíquelo", text)
        visitor.page.wait_for_function(KEPT, arg=text)
    assert visitor.page.evaluate("() => window.told") == 1
    expect(visitor.page.locator("[role=status] button")).to_have_count(0)
    expect(visitor.button("Borrar este borrador")).to_be_visible()


def drafts_of(visitor) -> list[str]:
    found: list[str] = visitor.page.evaluate("() => Object.keys(localStorage)")
    return sorted(found)


def test_text_comes_back_when_the_phase_closes_while_typing(citizen, challenge):
    begins(citizen, challenge)
    moved(challenge, None)
    citizen.accepts()
    citizen.sends("Publicar")
    finds_everything(citizen)
    assert ideas_of(challenge) == 0


def test_support_from_a_filtered_list_comes_back_to_it(opens, member, author, challenge):
    an_idea(challenge, author, Kind.FINDING, title="El pozo baja en agosto")
    neighbour = opens(member, scripts=False)
    address = f"/challenges/{challenge.slug}/ideas?q=pozo&kind=finding&sort=newest"
    neighbour.goes_to(address)
    neighbour.sends("Apoyar")
    expect(neighbour.button("Mi apoyo")).to_be_visible()
    assert address in neighbour.page.url


def test_draft_is_found_again_after_a_reload_until_it_is_sent(visitor, challenge):
    begins(visitor, challenge)
    visitor.sees("Guardado en este dispositivo")
    visitor.page.reload()
    visitor.sees("Recuperamos lo que había escrito")
    finds_everything(visitor)
    visitor.accepts()
    visitor.sends("Publicar")
    visitor.sees("Su aporte ya está publicado")
    visitor.goes_to(f"/challenges/{challenge.slug}/ideas/new?kind=finding")
    visitor.reads_back("Explíquelo", "")


def test_support_with_the_network_away_says_so_and_can_be_tried_again(opens, member, author, challenge):
    idea = an_idea(challenge, author, Kind.FINDING)
    neighbour = opens(member)
    neighbour.goes_to(f"/ideas/{idea.id}")
    neighbour.page.evaluate(SETTLED)
    neighbour.page.context.set_offline(True)
    neighbour.presses("Apoyar")
    neighbour.sees("No hubo respuesta")
    neighbour.page.context.set_offline(False)
    neighbour.presses("Apoyar")
    neighbour.sees("1 persona apoya")
    neighbour.defects[:] = [each for each in neighbour.defects if "ERR_INTERNET_DISCONNECTED" not in each]


def test_language_is_chosen_and_the_page_comes_back(citizen, challenge):
    citizen.goes_to(f"/challenges/{challenge.slug}")
    citizen.follows("Idioma")
    citizen.sends("English")
    assert citizen.path == f"/challenges/{challenge.slug}"
    expect(citizen.page.locator("html")).to_have_attribute("lang", "en")


def test_signing_in_returns_to_the_page(citizen, challenge, member):
    citizen.goes_to(f"/challenges/{challenge.slug}/ideas")
    citizen.follows("Entrar")
    citizen.writes("Correo electrónico", email_of(member))
    citizen.writes("Contraseña", PASSWORD)
    citizen.sends("Entrar")
    assert citizen.path == f"/challenges/{challenge.slug}/ideas"
    citizen.sees("Vecino")


def test_wrong_password_keeps_the_address(citizen, member):
    citizen.goes_to("/account/sign-in?next=/about")
    citizen.writes("Correo electrónico", "vecina@example.org")
    citizen.writes("Contraseña", "otra cosa")
    citizen.sends("Entrar")
    citizen.sees("no coinciden")
    citizen.reads_back("Correo electrónico", "vecina@example.org")
    citizen.reads_back("Contraseña", "")
