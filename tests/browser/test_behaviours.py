"""What the scripts add: each small thing does what it says, and gives up in words when it cannot."""

import pytest
from playwright.sync_api import expect

from lab.contributions.models import Kind
from tests.browser.steps import SETTLED
from tests.factories.challenges import a_challenge
from tests.factories.contributions import a_comment, an_idea

ANNOUNCED = """() => {
  window.announced = [];
  for (const region of document.querySelectorAll('[aria-live], [role=status], [role=alert]')) {
    const note = () => region.textContent.trim() && window.announced.push(region.textContent.trim());
    new MutationObserver(note).observe(region, { childList: true, subtree: true, characterData: true });
  }
}"""
NO_CLIPBOARD = "() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }"
CHOSEN = """() => {
  const field = document.activeElement;
  return field.value.slice(field.selectionStart, field.selectionEnd);
}"""


@pytest.fixture
def challenge(app):
    return a_challenge(title="Agua que avisa")


@pytest.fixture
def idea(challenge, author):
    return an_idea(challenge, author, Kind.FINDING)


@pytest.fixture
def neighbour(opens, member, idea):
    """A person with an account, on the page of an idea, with the clock in the hands of the test."""
    person = opens(member)
    person.page.clock.install()
    person.goes_to(f"/ideas/{idea.id}")
    person.page.evaluate(SETTLED)
    return person


def test_support_shows_that_it_is_under_way_and_is_told_once(neighbour):
    held = []
    neighbour.page.route("**/support*", lambda route: held.append(route))
    neighbour.page.evaluate(ANNOUNCED)
    neighbour.presses("Apoyar")
    expect(neighbour.page.locator("button.support").first).to_have_attribute("aria-busy", "true")
    held[0].continue_()
    neighbour.sees("1 persona apoya")
    expect(neighbour.page.locator("button.support").first).not_to_have_attribute("aria-busy", "true")
    assert len(neighbour.page.evaluate("() => window.announced")) == 1


def test_support_without_an_answer_gives_up_and_can_be_tried_again(neighbour):
    neighbour.page.route("**/support*", lambda route: None, times=1)
    neighbour.presses("Apoyar")
    expect(neighbour.page.locator("button.support").first).to_have_attribute("aria-busy", "true")
    neighbour.page.clock.fast_forward(15_000)
    neighbour.sees("No hubo respuesta")
    expect(neighbour.button("Apoyar")).to_have_attribute("aria-pressed", "false")
    neighbour.presses("Apoyar")
    neighbour.sees("1 persona apoya")


def test_form_whose_request_was_stopped_can_be_sent_again(neighbour):
    # An answer without a page leaves the browser where it stands, as somebody does who stops it.
    neighbour.page.route("**/comments", lambda route: route.fulfill(status=204), times=1)
    neighbour.writes("Su comentario", "¿Y en septiembre?")
    neighbour.presses("Comentar")
    expect(neighbour.button("Comentar")).to_have_attribute("aria-disabled", "true")
    neighbour.page.clock.fast_forward(11_000)
    expect(neighbour.button("Comentar")).not_to_have_attribute("aria-disabled", "true")
    neighbour.sends("Comentar")
    neighbour.sees("1 comentario")


def test_order_of_the_discussion_changes_by_a_choice_with_the_pointer(opens, member, idea):
    for text in ("Uno.", "Dos."):
        a_comment(idea, member, text)
    reader = opens()
    reader.goes_to(f"/ideas/{idea.id}")
    reader.page.evaluate(SETTLED)
    order = reader.field("Orden de los comentarios")
    order.dispatch_event("pointerdown")
    with reader.new_page():
        order.select_option("newest")
    expect(reader.page.locator(".comment").first).to_contain_text("Dos.")


def test_order_is_not_changed_by_walking_through_the_choices(opens, member, idea):
    for text in ("Uno.", "Dos."):
        a_comment(idea, member, text)
    reader = opens()
    reader.goes_to(f"/ideas/{idea.id}")
    reader.page.evaluate(SETTLED)
    address = reader.page.url
    reader.field("Orden de los comentarios").press("ArrowDown")
    assert reader.page.url == address
    with reader.new_page():
        reader.field("Orden de los comentarios").press("Enter")
    assert "comments=" in reader.page.url


def test_link_is_copied(opens, challenge):
    reader = opens()
    reader.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    reader.goes_to(f"/challenges/{challenge.slug}")
    reader.presses("Copiar el enlace")
    reader.sees("Enlace copiado")
    assert reader.page.evaluate("() => navigator.clipboard.readText()").endswith(f"/challenges/{challenge.slug}")


def test_link_that_cannot_be_copied_is_shown_and_marked(opens, challenge):
    reader = opens()
    reader.goes_to(f"/challenges/{challenge.slug}")
    reader.page.evaluate(NO_CLIPBOARD)
    for _ in range(2):
        reader.presses("Copiar el enlace")
        reader.sees("no dejó copiar")
        assert reader.page.evaluate(CHOSEN).endswith(f"/challenges/{challenge.slug}")
    expect(reader.page.locator("input[readonly]")).to_have_count(1)


def test_counter_counts_as_the_server_does_and_speaks_near_the_end(opens, challenge):
    writer = opens()
    writer.goes_to(f"/challenges/{challenge.slug}/ideas/new?kind=finding")
    line = writer.page.locator("#title-counter")
    expect(line).to_have_text("Quedan 160 caracteres")
    writer.writes("Dígalo en una frase", "ñ😀")
    expect(line).to_have_text("Quedan 158 caracteres")
    expect(line).to_have_attribute("aria-live", "off")
    writer.writes("Dígalo en una frase", "a" * 159)
    expect(line).to_have_text("Queda 1 carácter")
    expect(line).to_have_attribute("aria-live", "polite")


def test_missing_script_or_icon_is_heard(opens, site):
    reader = opens()
    reader.page.route("**/icons.svg", lambda route: route.fulfill(status=404))
    reader.page.route("**/main.js", lambda route: route.fulfill(status=404))
    reader.goes_to("/nada")
    heard, reader.defects = " ".join(reader.defects), []
    assert "icons.svg" in heard
    assert "main.js" in heard
    assert "/nada" not in heard
