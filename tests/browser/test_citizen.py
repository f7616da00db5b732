"""A citizen's path from end to end: by pointer, without JavaScript, and by keyboard alone."""

import pytest

from lab.challenges.phases import Activity, Override
from lab.contributions.models import Kind
from tests.browser.steps import KeyboardVisitor, Visitor
from tests.factories.challenges import a_challenge
from tests.factories.contributions import a_comment, an_idea

WAYS = {
    "pointer": {"kind": Visitor},
    "no scripts": {"kind": Visitor, "scripts": False},
    "keyboard": {"kind": KeyboardVisitor},
}


@pytest.fixture
def challenge(app):
    proposals = Override(Activity.PROPOSAL, None, True, None)
    return a_challenge(title="Agua que avisa", overrides=[proposals], categories=("Pozos", "Grifos"))


@pytest.fixture
def idea(challenge, author):
    idea = an_idea(challenge, author, Kind.FINDING, title="El pozo baja en agosto")
    an_idea(challenge, author, Kind.NEED, title="Un aviso a tiempo")
    a_comment(idea, author, "En mi barrio también.")
    return idea


@pytest.fixture(params=WAYS)
def citizen(request, idea, opens):
    """Somebody new, in each of the three ways."""
    return opens(**WAYS[request.param])


def test_citizen_finds_an_idea_from_the_first_page(citizen):
    citizen.goes_to("/")
    citizen.follows("Agua que avisa")
    citizen.follows("Ver todos los aportes")
    citizen.sees("Un aviso a tiempo")
    citizen.unfolds("Filtrar")
    citizen.chooses("Qué", "Hallazgo")
    citizen.sends("Aplicar")
    citizen.misses("Un aviso a tiempo")
    citizen.follows("El pozo baja en agosto")
    citizen.sees("Cada mañana, entre todos.")


def test_citizen_supports_after_the_one_step_and_takes_it_back(citizen, idea):
    citizen.goes_to(f"/ideas/{idea.id}")
    citizen.sends("Apoyar")
    citizen.accepts()
    citizen.sends("Aceptar y enviar")
    citizen.sees("1 persona apoya")
    citizen.presses("Mi apoyo")
    citizen.sees("Todavía nadie apoya")
    citizen.presses("Apoyar")
    citizen.sees("1 persona apoya")


def test_citizen_proposes_after_a_look_at_it(citizen, challenge):
    citizen.goes_to(f"/challenges/{challenge.slug}/ideas")
    citizen.follows("Aportar")
    citizen.follows("Una propuesta")
    citizen.writes("Dígalo en una frase", "Un mensaje el día antes")
    citizen.writes("Explíquelo", "Un **aviso** por teléfono.")
    citizen.sends("Ver cómo se verá")
    citizen.sees("Así se verá")
    citizen.accepts()
    citizen.sends("Publicar")
    citizen.sees("Su aporte ya está publicado")
    citizen.sees("Un mensaje el día antes")


def test_citizen_comments_answers_and_withdraws(citizen, idea):
    citizen.goes_to(f"/ideas/{idea.id}")
    citizen.writes("Su comentario", "¿Y en septiembre?")
    citizen.sends("Comentar")
    citizen.accepts()
    citizen.sends("Aceptar y enviar")
    citizen.sees("¿Y en septiembre?")
    citizen.follows("Responder")
    citizen.writes("Su comentario", "Gracias por contarlo.")
    citizen.sends("Publicar")
    citizen.sees("Gracias por contarlo.")
    citizen.follows("Retirar")
    citizen.sends("Sí, retirarlo")
    citizen.misses("Gracias por contarlo.")
