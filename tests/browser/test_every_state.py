"""What a page becomes after the first look: errors, refusals, what unfolds, who sees more, and another language."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from lab.challenges.queries import get_visible_challenge
from lab.contributions.models import Kind
from tests import cleaning
from tests.browser.conftest import PHONE, visiting
from tests.browser.steps import SETTLED, Visitor
from tests.browser.test_every_page import (
    FIRST_VISIT,
    FRAME,
    LOOKS,
    OPTIONS,
    SMALLEST,
    WIDER,
    Traffic,
    axe_is_there,
    violations,
)
from tests.every_page import SHOWN, World, a_world
from tests.factories.contributions import an_idea, hide

SIXTY_TIMES = """async () => {
  const form = document.querySelector('form.form');
  const send = () => fetch(form.action, { method: 'POST', body: new FormData(form) });
  await Promise.all(Array.from({ length: 60 }, send));
}"""
# Another language changes names and lengths alone: a few pages stand for all.
LOOKED_AT_IN_ENGLISH = (
    "/",
    "/challenges/{slug}",
    "/challenges/{slug}/ideas/new?kind=need",
    "/ideas/{idea_id}",
    "/manage",
)
Way = Callable[[Visitor, World], None]


@dataclass(frozen=True)
class State:
    """How somebody comes to see it: who they are, what they do, and the words by which they know it."""

    reader: str
    way: Way
    sign: str


def opened(address: str) -> Way:
    return lambda visitor, world: visitor.goes_to(address.format_map(world.values))


def with_errors(visitor: Visitor, world: World) -> None:
    opened("/challenges/{slug}/ideas/new?kind=need")(visitor, world)
    visitor.sends("Publicar")


def staff_form_with_errors(visitor: Visitor, world: World) -> None:
    opened("/manage/challenges/new")(visitor, world)
    visitor.sends("Guardar el borrador")


def asked_for_consent(visitor: Visitor, world: World) -> None:
    opened("/challenges/{slug}/ideas")(visitor, world)
    visitor.sends("Apoyar")


def with_filters_unfolded(visitor: Visitor, world: World) -> None:
    opened("/challenges/{slug}/ideas?kind=need")(visitor, world)
    visitor.unfolds("Filtrar")


def with_menu_unfolded(visitor: Visitor, world: World) -> None:
    opened("/about")(visitor, world)
    visitor.page.locator("details.menu summary").click()


def withdrawn(visitor: Visitor, world: World) -> None:
    idea = another_idea(world)
    hide(world.people["moderator"], idea)
    visitor.goes_to(f"/ideas/{idea}")


def refused_with_the_text(visitor: Visitor, world: World) -> None:
    idea = another_idea(world)
    visitor.goes_to(f"/ideas/{idea}")
    visitor.writes("Su comentario", "En mi barrio también falta el agua. " * 8)
    hide(world.people["moderator"], idea)
    visitor.sends("Comentar")


def offered_to_send_again(visitor: Visitor, world: World) -> None:
    opened("/ideas/{idea_id}")(visitor, world)
    visitor.writes("Su comentario", "¿Y en septiembre?")
    visitor.page.context.clear_cookies()
    visitor.sends("Comentar")


def slowed_down(visitor: Visitor, world: World) -> None:
    visitor.goes_to("/language")
    visitor.page.evaluate(SIXTY_TIMES)
    visitor.sends("English")


STATES = {
    "a form with errors": State("visitor", with_errors, "Falta corregir algo"),
    "a staff form with errors": State("administrator", staff_form_with_errors, "Falta corregir algo"),
    "the step of consent": State("visitor", asked_for_consent, "Un paso antes de enviar"),
    "an unfolded filter": State("visitor", with_filters_unfolded, "Departamento"),
    "an unfolded menu": State("administrator", with_menu_unfolded, "Salir"),
    "403": State("visitor", opened("/manage"), "no está abierta para usted"),
    "403 with an account": State("member", opened("/manage"), "entrar con otra cuenta"),
    "404": State("visitor", opened("/nada"), "Esta página no existe"),
    "410": State("visitor", withdrawn, "ya no está publicado"),
    "a refusal with the text": State("member", refused_with_the_text, "Lo que usted escribió"),
    "a form to send again": State("visitor", offered_to_send_again, "Enviar otra vez"),
    "429": State("visitor", slowed_down, "Demasiado seguido"),
    "a moderator's view of an idea": State("moderator", opened("/ideas/{idea_id}"), "Ocultar"),
    "a moderator's view of a comment": State("moderator", opened("/comments/{comment_id}"), "Conversación"),
    "an author's view of an idea": State("author", opened("/ideas/{idea_id}"), "Corregir mi aporte"),
    "an administrator's view of a challenge": State(
        "administrator", opened("/challenges/{slug}"), "Gestionar este reto"
    ),
}


def another_idea(world: World) -> int:
    author = world.people["author"]
    return an_idea(get_visible_challenge(author, str(world.values["slug"])), author, Kind.FINDING).id


@pytest.fixture(scope="module")
def world(session_app) -> Iterator[World]:
    with session_app.app_context():
        cleaning.empty_tables()
        yield a_world()


@pytest.fixture(params=STATES)
def reached(request, chromium, site, world) -> Iterator[tuple[Visitor, Traffic]]:
    state, traffic = STATES[request.param], Traffic()
    with visiting(chromium, site, world.people[state.reader]) as visitor:
        traffic.listen(visitor.page)
        state.way(visitor, world)
        visitor.sees(state.sign)
        visitor.page.evaluate(SETTLED)
        yield visitor, traffic


def test_state_is_accessible_light_quiet_and_fits(reached):
    visitor, traffic = reached
    assert 0 < traffic.total() <= FIRST_VISIT, traffic.carried
    frame = visitor.page.evaluate(FRAME)
    assert (frame["headings"], frame["skip"], frame["ids"]) == (1, True, [])
    axe_is_there(visitor.page)
    for theme, size, options in (LOOKS[0], LOOKS[-1]):
        visitor.page.emulate_media(color_scheme=theme)
        visitor.page.set_viewport_size(size)
        assert (theme, size["width"], violations(visitor.page, options)) == (theme, size["width"], [])
    assert_fits(visitor)


@pytest.mark.parametrize("reader", sorted({page.reader for page in SHOWN}))
def test_pages_in_english_fit_and_say_so(chromium, site, world, reader):
    with visiting(chromium, site, world.people[reader], size=PHONE) as visitor:
        visitor.page.context.add_cookies([{"name": "language", "value": "en", "url": site}])
        for page in (page for page in SHOWN if page.reader == reader):
            visitor.page.set_viewport_size(PHONE)
            visitor.goes_to(world.address(page))
            assert (page.address, visitor.page.evaluate(FRAME)["language"]) == (page.address, "en")
            if page.address in LOOKED_AT_IN_ENGLISH:
                axe_is_there(visitor.page)
                assert violations(visitor.page, OPTIONS) == []
            assert_fits(visitor)


def assert_fits(visitor: Visitor) -> None:
    visitor.page.set_viewport_size(SMALLEST)
    wide = visitor.page.evaluate("() => document.documentElement.scrollWidth")
    assert wide <= SMALLEST["width"], visitor.page.evaluate(WIDER)
