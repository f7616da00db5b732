"""The doors of moderators, and what authors read beside what is not public."""

import re

import pytest

from lab.contributions.models import Kind, State
from lab.core.actors import Role
from lab.core.db import unit_of_work
from lab.ideas.models import NeedType
from lab.ideas.operations import IdeaText, edit_idea, withdraw_idea
from lab.moderation import queries
from tests.factories.challenges import a_challenge
from tests.factories.contributions import a_comment, an_idea, hide
from tests.factories.people import a_staff_member
from tests.reading import hidden_field, link, links

SPAM = {"why": "spam", "detail": "Es la misma oferta."}


@pytest.fixture
def idea(author):
    return an_idea(a_challenge(), author)


@pytest.fixture
def held(guest):
    return an_idea(a_challenge(reviews_guests=True), guest, title="Espera revisión")


@pytest.fixture
def desk(client, sign_in, moderator):
    """The moderator's browser."""
    sign_in(client, moderator)
    return client


@pytest.fixture
def reader(another_client, sign_in):
    """`reader(actor)`: a browser of theirs."""

    def open_for(actor):
        sign_in(another_client, actor)
        return another_client

    return open_for


def queue(challenge, state="") -> str:
    return f"/manage/challenges/{challenge.slug}/moderation" + (f"?state={state}" if state else "")


def act(contribution, name: str) -> str:
    return f"/manage/contributions/{contribution.id}/{name}"


def state_of(moderator, contribution) -> State:
    return queries.get_moderated(moderator, contribution.id).state


def publishes(desk, page: str, contribution):
    """Presses "Publicar" on a page, with what its form says."""
    _, _, form = page.partition(f'action="{act(contribution, "release")}"')
    return desk.write(
        act(contribution, "release"), version=hidden_field(form, "version"), next=hidden_field(form, "next")
    )


def test_moderator_publishes_what_waited(desk, held, stranger, reader):
    page = desk.get(queue(held.challenge)).text
    assert "Espera revisión" in page
    assert publishes(desk, page, held).location == queue(held.challenge)
    assert reader(stranger).get(f"/ideas/{held.id}").status_code == 200


def test_moderator_publishes_from_the_page_of_the_idea(desk, moderator, held):
    page = f"/ideas/{held.id}"
    assert publishes(desk, desk.get(page).text, held).location == page
    assert state_of(moderator, held) == State.PUBLISHED


@pytest.mark.parametrize("place", ["queue", "idea"])
def test_text_that_changed_is_read_again_before_it_is_published(desk, moderator, guest, held, place):
    address = queue(held.challenge) if place == "queue" else f"/ideas/{held.id}"
    read = desk.get(address).text
    with unit_of_work():
        edit_idea(guest, held, IdeaText("Otro título", "Compre bombas."))
    answer = desk.get(publishes(desk, read, held).location).text
    assert "El texto cambió mientras usted lo revisaba." in answer
    assert "Otro título" in answer
    assert state_of(moderator, held) == State.HELD
    publishes(desk, answer, held)
    assert state_of(moderator, held) == State.PUBLISHED


def test_publishing_sent_twice_answers_the_same(desk, held):
    page = desk.get(queue(held.challenge)).text
    answers = [publishes(desk, page, held) for _ in range(2)]
    assert {(answer.status_code, answer.location) for answer in answers} == {(303, queue(held.challenge))}
    assert "El texto cambió" not in desk.get(queue(held.challenge)).text


def test_everything_that_would_become_public_is_read_in_the_queue(desk, guest):
    challenge = a_challenge(reviews_guests=True)
    data = {"data_what": "Lecturas diarias", "data_format": "CSV", "data_purpose": "Avisar a tiempo"}
    an_idea(challenge, guest, Kind.NEED, need_type=NeedType.DATA, **data)
    page = desk.get(queue(challenge)).text
    assert [words for words in data.values() if words not in page] == []


def test_long_queue_is_read_page_after_page_and_counted_whole(desk, guest):
    challenge = a_challenge(reviews_guests=True)
    waiting = {each.id for each in [an_idea(challenge, guest) for _ in range(queries.QUEUE_PAGE + 3)]}
    first = desk.get(queue(challenge)).text
    assert f'<span class="tab-count">{len(waiting)}</span>' in first
    second = desk.get(link(first, "Ver más")).text
    assert f'<span class="tab-count">{len(waiting)}</span>' in second
    listed = [int(number) for page in (first, second) for number in re.findall(r'id="contribution-(\d+)"', page)]
    assert sorted(listed) == sorted(waiting)


def test_analyst_reads_nothing_that_waits_or_was_hidden(client, sign_in, analyst, held):
    sign_in(client, analyst)
    for state in ("", "hidden"):
        answer = client.get(queue(held.challenge, state))
        assert answer.status_code == 403
        assert "Espera revisión" not in answer.text
    assert links(client.get(f"/manage/challenges/{held.challenge.slug}").text, "Moderación") == []
    assert "/moderation" not in client.get(f"/manage/challenges/{held.challenge.slug}").text


def test_moderator_gets_nothing_of_what_was_withdrawn(desk, guest, author, held, idea):
    with unit_of_work():
        withdraw_idea(guest, held)
        withdraw_idea(author, idea)
    for gone in (held, idea):
        answer = desk.get(act(gone, "hide"))
        assert answer.status_code == 410
        assert gone.title not in answer.text


def test_moderator_hides_with_a_reason_and_can_undo_it(desk, moderator, idea):
    answer = desk.write(act(idea, "hide"), **SPAM, next=f"/ideas/{idea.id}")
    assert answer.location == f"/ideas/{idea.id}"
    page = desk.get(answer.location).text
    assert f'action="{act(idea, "restore")}"' in page
    assert "Deshacer" in page
    desk.write(act(idea, "restore"), next=f"/ideas/{idea.id}")
    assert state_of(moderator, idea) == State.PUBLISHED


def test_hidden_contribution_is_listed_with_who_and_why(desk, moderator, idea):
    desk.write(act(idea, "hide"), **SPAM)
    page = desk.get(queue(idea.challenge, "hidden")).text
    assert "Publicidad, engaño o mensajes repetidos. Es la misma oferta." in page
    assert moderator.display_name in page


def test_author_reads_the_reason_and_others_that_it_is_gone(desk, author, stranger, reader, idea):
    desk.write(act(idea, "hide"), **SPAM)
    assert "Es la misma oferta." in reader(author).get(f"/ideas/{idea.id}").text
    gone = reader(stranger).get(f"/ideas/{idea.id}")
    assert gone.status_code == 410
    assert "Es la misma oferta." not in gone.text


def test_author_of_a_held_contribution_reads_that_it_waits(guest, reader, held):
    page = reader(guest).get(f"/ideas/{held.id}").text
    assert "En revisión" in page
    assert act(held, "release") not in page


def test_others_see_nothing_of_moderation_beside_a_public_idea(member, reader, idea):
    assert "/manage/contributions" not in reader(member).get(f"/ideas/{idea.id}").text


@pytest.mark.parametrize("typed", [{}, {"why": "other"}, {"why": "other", "detail": " "}, {"why": "x"}])
def test_hiding_without_a_reason_draws_the_form_again(desk, moderator, idea, typed):
    answer = desk.write(act(idea, "hide"), **typed)
    assert answer.status_code == 200
    assert "field-error" in answer.text
    assert state_of(moderator, idea) == State.PUBLISHED


def test_words_stay_in_a_form_that_is_drawn_again(desk, idea):
    assert "Es la misma oferta." in desk.write(act(idea, "hide"), detail="Es la misma oferta.").text


def test_hiding_sent_twice_answers_the_same(desk, idea):
    answers = [desk.write(act(idea, "hide"), **SPAM) for _ in range(2)]
    assert {(answer.status_code, answer.location) for answer in answers} == {(303, queue(idea.challenge))}


def hides_comment(desk, idea) -> str:
    """From the discussion, by the link beside the comment; the address of the page where that led back to."""
    discussion, _, _ = desk.get(f"/ideas/{idea.id}").text.partition("<aside")
    asked = link(discussion, "Ocultar")
    page = desk.get(asked).text
    assert "Compre pozos." in page
    return desk.write(asked.partition("?")[0], **SPAM, next=hidden_field(page, "next")).location


def test_comment_is_hidden_from_the_discussion(desk, moderator, member, idea):
    a_comment(idea, member, "Compre pozos.")
    assert hides_comment(desk, idea) == f"/ideas/{idea.id}"
    assert "Compre pozos." in desk.get(queue(idea.challenge, "hidden")).text


def test_comment_is_hidden_and_shown_again_on_its_own_page(desk, member, idea):
    comment = a_comment(idea, member, "Compre pozos.")
    page = desk.get(f"/comments/{comment.id}").text
    asked = link(page, "Ocultar")
    desk.write(asked.partition("?")[0], **SPAM)
    assert f'action="{act(comment, "restore")}"' in desk.get(f"/comments/{comment.id}").text


def test_author_of_a_hidden_comment_reads_the_reason(desk, member, reader, idea):
    a_comment(idea, member, "Compre pozos.")
    hides_comment(desk, idea)
    browser = reader(member)
    for start, words in (("/account", "Un comentario"), (f"/ideas/{idea.id}", "Ver el motivo")):
        page = browser.get(link(browser.get(start).text, words)).text
        assert "Es la misma oferta." in page
        assert "Compre pozos." in page


def test_others_read_nothing_of_a_hidden_comment(desk, member, author, reader, idea):
    comment = a_comment(idea, member, "Compre pozos.")
    hides_comment(desk, idea)
    assert "Compre pozos." not in reader(author).get(f"/ideas/{idea.id}").text
    answer = reader(author).get(f"/comments/{comment.id}")
    assert answer.status_code == 410
    assert "Es la misma oferta." not in answer.text


def test_waiting_comment_is_decided_on_its_own_page(desk, moderator, guest, author):
    idea = an_idea(a_challenge(reviews_guests=True), author)
    comment = a_comment(idea, guest, "¿Y los pozos?")
    page = desk.get(link(desk.get(f"/ideas/{idea.id}").text, "Revisar")).text
    publishes(desk, page, comment)
    assert state_of(moderator, comment) == State.PUBLISHED


def test_nobody_else_is_offered_to_hide_a_comment(member, author, analyst, reader, idea):
    comment = a_comment(idea, member)
    for actor in (member, author, analyst):
        for page in (f"/ideas/{idea.id}", f"/comments/{comment.id}"):
            assert "/manage/contributions" not in reader(actor).get(page).text


def test_hostile_text_is_inert_in_the_queue(desk, guest):
    idea = an_idea(a_challenge(reviews_guests=True), guest, title="<script>x</script>", body="<img src=x onerror=y>")
    page = desk.get(queue(idea.challenge)).text
    assert "<script>x" not in page
    assert "<img src=x" not in page


def test_moderator_of_one_challenge_has_no_part_in_another(client, sign_in, idea):
    mine = a_challenge()
    sign_in(client, a_staff_member(Role.MODERATOR, mine.id))
    assert client.get(queue(mine)).status_code == 200
    assert client.get(queue(idea.challenge)).status_code == 404
    assert client.write(act(idea, "hide"), **SPAM).status_code == 404


@pytest.mark.parametrize("name", ["hide", "restore", "release"])
def test_member_has_no_part_in_moderation(client, sign_in, member, idea, name):
    sign_in(client, member)
    assert client.write(act(idea, name), **SPAM).status_code == 403


def test_number_that_waits_stands_on_the_manage_screen(desk, held):
    assert "1 por revisar" in desk.get(f"/manage/challenges/{held.challenge.slug}").text


def test_queue_makes_as_many_queries_for_many_as_for_one(desk, moderator, author, counted_queries):
    challenge = a_challenge()
    costs = []
    for _ in range(2):
        for _ in range(3):
            hide(moderator, an_idea(challenge, author).id)
        with counted_queries() as seen:
            desk.get(queue(challenge, "hidden"))
        costs.append(len(seen))
    assert costs[0] == costs[1] <= 6
