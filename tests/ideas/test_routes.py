"""Ideas as people meet them: the form that loses nothing, deeds sent twice, what is read in which state."""

import re

import pytest

from lab.challenges.phases import Activity, Override, Phase
from lab.contributions.models import Kind, State
from lab.contributions.queries import list_by_author, list_versions
from lab.core.actors import Assurance
from lab.core.db import unit_of_work
from lab.ideas.models import NeedType
from lab.ideas.operations import IdeaText, edit_idea
from lab.ideas.queries import get_visible_idea
from lab.moderation.operations import release
from lab.moderation.queries import get_moderated
from tests.factories.challenges import a_challenge, moved
from tests.factories.contributions import an_idea, hide
from tests.factories.people import a_person
from tests.reading import hidden_field

KEY = "k" * 12
WORDS = {"title": "Medir el agua", "body": "Cada mañana.", "language": "es", "kind": "finding", "key": KEY}
CHANGED, SENT_BEFORE = "Este texto cambió mientras usted escribía", "Con este formulario ya envió otro texto"


@pytest.fixture
def challenge(app):
    return a_challenge()


@pytest.fixture
def careful(app):
    """A challenge that reviews what guests write."""
    return a_challenge(reviews_guests=True)


def publish(moderator, idea):
    with unit_of_work():
        moderated = get_moderated(moderator, idea.id)
        release(moderator, moderated, moderated.version)
    return get_visible_idea(moderator, idea.id)


def edit(actor, idea, **changes):
    with unit_of_work():
        edit_idea(actor, idea, IdeaText(**{"title": idea.title, "body": idea.body} | changes))
    return get_visible_idea(actor, idea.id)


def typed(idea, **changes):
    """The fields of the form as they are drawn for an idea, with changes."""
    said = {"title": idea.title, "body": idea.body, "language": idea.language, "version": idea.version, "key": KEY}
    return said | changes


def change(browser, idea, **changes):
    return browser.write(f"/ideas/{idea.id}/edit", **typed(idea, **changes))


def states_of(person) -> list[str]:
    return [row.state for row in list_by_author(person.person_id)]


# A public text of somebody who is reviewed


@pytest.fixture
def released(careful, guest, moderator):
    return publish(moderator, an_idea(careful, guest, title="Inocente"))


def test_change_by_a_reviewed_guest_is_read_by_nobody_before_it_is_reviewed(released, guest, stranger, as_reader):
    change(as_reader(guest), released, title="Compre barato")
    assert get_visible_idea(guest, released.id).state == State.HELD
    assert as_reader(stranger).get(f"/ideas/{released.id}").status_code == 404
    assert "Compre barato" not in as_reader(stranger).get(f"/challenges/{released.challenge.slug}/ideas").text


def test_reviewed_guest_reads_before_and_after_that_a_change_waits(released, guest, as_reader):
    browser = as_reader(guest)
    assert "Su cambio se revisará" in browser.get(f"/ideas/{released.id}/edit").text
    answer = change(browser, released, title="Otro")
    assert "Se verá cuando el equipo lo revise" in browser.get(answer.location).text


def test_reviewed_change_is_public_again_once_released(released, guest, moderator, stranger, as_reader):
    change(as_reader(guest), released, title="Corregido")
    publish(moderator, released)
    assert get_visible_idea(stranger, released.id).title == "Corregido"


def test_saving_without_a_change_takes_nothing_out_of_sight(released, guest, as_reader):
    change(as_reader(guest), released)
    assert get_visible_idea(guest, released.id).state == State.PUBLISHED


def test_member_corrects_a_public_idea_without_review(careful, member, as_reader):
    idea = an_idea(careful, member)
    change(as_reader(member), idea, title="Corregido")
    assert get_visible_idea(member, idea.id).state == State.PUBLISHED


def test_moderator_reads_every_field_of_what_waits_and_that_it_was_public(careful, guest, moderator, as_reader):
    texts = {"data_what": "Caudales por hora", "data_format": "Planilla", "data_purpose": "Avisar a tiempo"}
    need = publish(moderator, an_idea(careful, guest, Kind.NEED, need_type=NeedType.DATA, **texts))
    change(as_reader(guest), need, need_type="data", **texts | {"data_purpose": "Compre barato"})
    page = as_reader(moderator).get(f"/manage/challenges/{careful.slug}/moderation").text
    assert all(text in page for text in ("Caudales por hora", "Planilla", "Compre barato", "Corrección de algo"))


def test_hidden_correction_is_restored_to_review_not_to_the_public(released, guest, moderator, as_reader):
    change(as_reader(guest), released, title="Compre barato")
    hide(moderator, released.id)
    as_reader(moderator).write(f"/manage/contributions/{released.id}/restore")
    assert get_visible_idea(guest, released.id).state == State.HELD


# Versions


def test_what_a_draft_said_is_not_told_after_it_is_published(author, stranger, challenge, as_reader):
    draft = edit(author, an_idea(challenge, author, draft=True, body="El nombre del vecino"), body="Sin nombres")
    browser = as_reader(author)
    browser.write(f"/ideas/{draft.id}/publish")
    assert "El nombre del vecino" in browser.get(f"/ideas/{draft.id}/versions").text
    others = as_reader(stranger)
    assert "El nombre del vecino" not in others.get(f"/ideas/{draft.id}/versions").text
    assert "versiones" not in others.get(f"/ideas/{draft.id}").text


def test_what_was_held_is_not_told_after_it_was_corrected(careful, guest, moderator, stranger):
    publish(moderator, edit(guest, an_idea(careful, guest, title="Con un nombre"), title="Sin nombres"))
    assert [row.title for row in list_versions(list_by_author(guest.person_id)[0].id)] == ["Sin nombres"]


def test_text_that_was_refused_in_between_stays_private(released, guest, moderator, stranger, as_reader):
    browser = as_reader(guest)
    change(browser, released, title="Compre barato")
    change(browser, get_visible_idea(guest, released.id), title="Perdón")
    publish(moderator, released)
    page = as_reader(stranger).get(f"/ideas/{released.id}/versions").text
    assert ("Inocente" in page, "Compre barato" in page, "Perdón" in page) == (True, False, True)


def test_versions_show_every_field_of_a_need(author, challenge, as_reader):
    texts = {"data_what": "Caudales por hora", "data_format": "Planilla", "data_purpose": "Avisar a tiempo"}
    need = an_idea(challenge, author, Kind.NEED, need_type=NeedType.DATA, **texts)
    edit(author, need, need_type=NeedType.SERVICE)
    page = as_reader(author).get(f"/ideas/{need.id}/versions").text
    assert all(text in page for text in (*texts.values(), "Un servicio"))


# What may be proposed here and now


def test_a_kind_that_is_closed_now_has_no_form(challenge, member, as_reader):
    page = as_reader(member).get(f"/challenges/{challenge.slug}/ideas/new?kind=proposal").text
    assert "no recibe aportes de este tipo" in page
    assert "<textarea" not in page


def test_a_closed_challenge_has_no_form_whatever_the_address_says(challenge, member, as_reader):
    closed = moved(challenge, None)
    assert "<textarea" not in as_reader(member).get(f"/challenges/{closed.slug}/ideas/new?kind=need").text


@pytest.mark.parametrize("address", ["new", "new?kind=finding"])
def test_guest_is_asked_to_sign_in_before_the_form_where_accounts_are_wanted(app, guest, member, as_reader, address):
    rules = [Override(activity, None, None, Assurance.ACCOUNT) for activity in (Activity.FINDING, Activity.NEED)]
    strict = f"/challenges/{a_challenge(overrides=rules).slug}/ideas/{address}"
    page = as_reader(guest).get(strict).text
    assert "hace falta una cuenta" in page
    assert "<textarea" not in page
    assert "hace falta una cuenta" not in as_reader(member).get(strict).text


def test_somebody_without_consent_is_shown_the_form(challenge, stranger, as_reader):
    assert "<textarea" in as_reader(stranger).get(f"/challenges/{challenge.slug}/ideas/new?kind=need").text


def test_words_are_kept_when_the_phase_ends_while_they_are_written(challenge, member, as_reader):
    moved(challenge, Phase.ADOPTION)
    answer = as_reader(member).write(f"/challenges/{challenge.slug}/ideas/new", **WORDS)
    assert (answer.status_code, "Cada mañana." in answer.text) == (409, True)


def test_author_is_told_before_the_form_that_the_challenge_ended(challenge, author, as_reader):
    idea = an_idea(challenge, author)
    moved(challenge, None)
    assert as_reader(author).get(f"/ideas/{idea.id}/edit").status_code == 409
    assert as_reader(author).get(f"/ideas/{idea.id}/withdraw").status_code == 200


# Two tabs


@pytest.mark.parametrize("step", [{"action": "preview"}, {"title": ""}], ids=["preview", "error"])
def test_form_drawn_again_still_knows_the_version_it_began_with(challenge, author, as_reader, step):
    idea, browser = an_idea(challenge, author), as_reader(author)
    edit(author, idea, title="En la otra pestaña")
    assert hidden_field(change(browser, idea, **step).text, "version") == "1"


def test_author_who_was_overtaken_sees_both_texts_and_decides(challenge, author, as_reader):
    idea, browser = an_idea(challenge, author), as_reader(author)
    edit(author, idea, title="En la otra pestaña")
    answer = change(browser, idea, title="En esta")
    assert answer.status_code == 409
    assert all(text in answer.text for text in (CHANGED, "En la otra pestaña", 'value="En esta"'))
    change(browser, idea, title="En esta", version=hidden_field(answer.text, "version"))
    assert get_visible_idea(author, idea.id).title == "En esta"


def test_idea_hidden_meanwhile_is_not_changed_and_the_words_are_kept(challenge, author, moderator, as_reader):
    idea, browser = an_idea(challenge, author), as_reader(author)
    hide(moderator, idea.id)
    answer = change(browser, idea, title="Otra cosa")
    assert (answer.status_code, 'value="Otra cosa"' in answer.text) == (409, True)
    assert get_visible_idea(author, idea.id).title == idea.title


# Sent twice, and sent with other words


def propose(browser, challenge, **changes):
    return browser.write(f"/challenges/{challenge.slug}/ideas/new", **WORDS | changes)


def test_draft_that_was_stored_becomes_what_is_published_from_the_same_form(challenge, member, as_reader):
    browser = as_reader(member)
    propose(browser, challenge, action="draft")
    answer = propose(browser, challenge, body="Ahora sí, completo.", action="publish")
    assert "Ahora sí, completo." in browser.get(answer.location).text
    assert states_of(member) == ["published"]
    again = propose(browser, challenge, body="Ahora sí, completo.", action="publish")
    assert (again.location, states_of(member)) == (answer.location, ["published"])


def test_stored_draft_is_published_from_the_same_form_unchanged(challenge, member, as_reader):
    browser = as_reader(member)
    propose(browser, challenge, action="draft")
    assert "ya está publicado" in browser.get(propose(browser, challenge, action="publish").location).text
    assert states_of(member) == ["published"]


def test_other_words_under_a_used_key_are_kept_and_stored_when_sent_again(challenge, member, as_reader):
    browser = as_reader(member)
    browser.get(propose(browser, challenge).location)
    answer = propose(browser, challenge, body="Otra idea.")
    assert (answer.status_code, SENT_BEFORE in answer.text, "Otra idea." in answer.text) == (409, True, True)
    assert "draft-sent" not in answer.text
    propose(browser, challenge, body="Otra idea.", key=hidden_field(answer.text, "key"))
    assert states_of(member) == ["published", "published"]


def test_withdrawing_twice_answers_the_same(challenge, author, as_reader):
    idea, browser = an_idea(challenge, author), as_reader(author)
    first, second = (browser.write(f"/ideas/{idea.id}/withdraw") for _ in range(2))
    assert (first.status_code, first.location) == (second.status_code, second.location) == (303, second.location)


def test_withdrawn_idea_is_still_gone_for_others_who_press(challenge, author, member, as_reader):
    idea = an_idea(challenge, author)
    as_reader(author).write(f"/ideas/{idea.id}/withdraw")
    assert as_reader(member).write(f"/ideas/{idea.id}/withdraw").status_code == 410


def test_publishing_twice_answers_the_same(challenge, author, as_reader):
    idea, browser = an_idea(challenge, author, draft=True), as_reader(author)
    first, second = (browser.write(f"/ideas/{idea.id}/publish") for _ in range(2))
    assert (first.status_code, first.location) == (second.status_code, second.location) == (303, f"/ideas/{idea.id}")


def test_changing_twice_answers_the_same_and_makes_one_version(challenge, author, as_reader):
    idea, browser = an_idea(challenge, author), as_reader(author)
    first, second = (change(browser, idea, title="Una vez") for _ in range(2))
    assert (first.status_code, first.location) == (second.status_code, second.location) == (303, f"/ideas/{idea.id}")
    assert get_visible_idea(author, idea.id).version == 2


# Supporting without JavaScript


def test_supporter_lands_where_the_button_stood_and_hears_what_they_support(challenge, author, member, as_reader):
    idea, browser = an_idea(challenge, author, title="Pozos"), as_reader(member)
    here = f"/challenges/{challenge.slug}/ideas?sort=newest"
    answer = browser.write(f"/ideas/{idea.id}/support?version=1", value="1", next=here)
    assert answer.location == f"{here}#idea-{idea.id}"
    page = browser.get(here).text
    assert "Usted apoya «Pozos». 1 persona apoya." in page
    assert f'id="idea-{idea.id}"' in page
    assert f'name="next" value="{here}"' in page.replace("&amp;", "&")


def test_button_of_a_card_and_of_a_page_carry_the_version_they_show(challenge, author, member, as_reader):
    idea, browser = edit(author, an_idea(challenge, author), title="Segundo"), as_reader(member)
    for address in (f"/challenges/{challenge.slug}/ideas", f"/ideas/{idea.id}"):
        assert f'formaction="/ideas/{idea.id}/support?version=2"' in browser.get(address).text


# What a page shows


def test_idea_of_an_unpublished_challenge_is_not_told_to_have_been_there(app, author, moderator, stranger, as_reader):
    draft = a_challenge()
    idea = an_idea(draft, author)
    hide(moderator, idea.id)
    with app.extensions["sqlalchemy"].engine.begin() as connection:
        connection.exec_driver_sql("update challenges set published_at = null")
    assert as_reader(stranger).get(f"/ideas/{idea.id}").status_code == 404


@pytest.mark.parametrize("place", ["", "/versions"])
def test_idea_of_a_demonstration_says_so(app, author, as_reader, place):
    idea = an_idea(a_challenge(demonstration=True), author)
    assert "Demostración, no oficial" in as_reader(author).get(f"/ideas/{idea.id}{place}").text


def test_spanish_texts_are_marked_on_a_page_in_english(author, as_reader):
    challenge = a_challenge(categories=("Agua",))
    an_idea(challenge, author, title="Pozos", body="Hay tres.", category_id=challenge.categories[0].id)
    an_idea(challenge, author, title="Wells", body="Three of them.", language="en")
    browser = as_reader(author)
    browser.write("/language", language="en")
    page = browser.get(f"/challenges/{challenge.slug}/ideas").text
    assert 'lang="es">Pozos<' in page
    assert 'lang="es">Hay tres.<' in page
    assert 'lang="es">Agua<' in page
    assert 'lang="es">Wells<' not in page


# The shuffled order


def drawn(browser, challenge) -> list[str]:
    return re.findall(r'id="idea-(\d+)"', browser.get(f"/challenges/{challenge.slug}/ideas").text)


@pytest.fixture
def many(challenge, author):
    for number in range(12):
        an_idea(challenge, author, title=f"Idea {number}")
    return challenge


def test_visitor_keeps_the_order_of_the_first_look(many, client):
    first = drawn(client, many)
    assert (len(first), drawn(client, many)) == (12, first)


def test_people_behind_one_address_have_orders_of_their_own(many, client, sign_in):
    orders = set()
    for _ in range(6):
        sign_in(client, a_person())
        orders.add(tuple(drawn(client, many)))
    assert len(orders) > 1


def test_account_keeps_its_order_in_another_browser(many, member, client, another_client, sign_in):
    another_client.get("/")
    for browser in (client, another_client):
        sign_in(browser, member)
    with another_client.session_transaction() as session:
        session["guest"] = "b" * 32
    first = drawn(client, many)
    assert (len(first), drawn(another_client, many)) == (12, first)
