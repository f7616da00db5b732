"""Whatever goes wrong on the way, what a person typed comes back; whatever is pressed twice happens once."""

import pytest
from playwright.sync_api import expect

from lab.contributions.models import Kind
from lab.contributions.queries import ListFilter, count_published
from tests.browser.steps import SETTLED
from tests.factories.challenges import a_challenge
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


def test_form_sent_again_after_a_lost_answer_is_one_idea(citizen, challenge):
    begins(citizen, challenge)
    citizen.accepts()
    citizen.page.route("**/ideas/new*", lambda route: (route.fetch(max_redirects=0), route.continue_()))
    citizen.sends("Publicar")
    citizen.sees("También en aymara.")
    assert ideas_of(challenge) == 1


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
    neighbour.page.wait_for_load_state("networkidle")
    neighbour.page.context.set_offline(True)
    neighbour.presses("Apoyar")
    neighbour.sees("su apoyo no se envió")
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
