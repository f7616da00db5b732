"""The doors of moderators, and what authors read beside what is not public."""

import pytest

from lab.contributions.models import State
from lab.core.actors import Role
from lab.moderation import queries
from tests.factories.challenges import a_challenge
from tests.factories.contributions import a_comment, an_idea, hide
from tests.factories.people import a_staff_member

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


def test_moderator_publishes_what_waited(desk, held, stranger, reader):
    assert "Espera revisión" in desk.get(queue(held.challenge)).text
    assert desk.write(act(held, "release")).location == queue(held.challenge)
    assert reader(stranger).get(f"/ideas/{held.id}").status_code == 200


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


def test_comment_can_be_hidden_too(desk, moderator, member, idea):
    comment = a_comment(idea, member, "Compre pozos.")
    assert "Compre pozos." in desk.get(act(comment, "hide")).text
    desk.write(act(comment, "hide"), **SPAM)
    assert "Compre pozos." in desk.get(queue(idea.challenge, "hidden")).text


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
