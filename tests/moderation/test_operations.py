"""Hiding, restoring and releasing."""

import pytest
from sqlalchemy import select

from lab.contributions.models import State
from lab.contributions.queries import ListFilter, count_published
from lab.core.db import db, unit_of_work
from lab.core.errors import Conflict, Invalid, NotAllowed, NotFound
from lab.ideas.operations import withdraw_idea
from lab.ideas.queries import get_visible_idea
from lab.moderation import operations, queries
from lab.moderation.models import ModerationAct
from tests.factories.challenges import a_challenge, again
from tests.factories.contributions import a_comment, an_idea, hide, restore
from tests.racing import race


def state_of(moderator, contribution_id: int) -> State:
    return queries.get_moderated(moderator, contribution_id).state


def acts() -> list[str]:
    return list(db.session.scalars(select(ModerationAct.act).order_by(ModerationAct.id)))


def release(moderator, contribution_id: int) -> None:
    with unit_of_work():
        operations.release(moderator, queries.get_moderated(moderator, contribution_id))


@pytest.fixture
def idea(author):
    return an_idea(a_challenge(), author, title="Medir el agua")


@pytest.fixture
def held(guest):
    return an_idea(a_challenge(reviews_guests=True), guest)


def test_hidden_idea_leaves_lists_search_and_counts_with_its_discussion(moderator, member, idea):
    a_comment(idea, member)
    hide(moderator, idea.id)
    challenge = again(idea.challenge)
    assert (challenge.idea_count, challenge.comment_count) == (0, 0)
    assert count_published(challenge.id, ListFilter(words="agua")).number == 0


def test_restored_idea_is_counted_and_found_as_before(moderator, member, idea):
    a_comment(idea, member)
    hide(moderator, idea.id)
    restore(moderator, idea.id)
    challenge = again(idea.challenge)
    assert (challenge.idea_count, challenge.comment_count) == (1, 1)
    assert count_published(challenge.id, ListFilter(words="agua")).number == 1


def test_hidden_comment_leaves_the_count_of_what_it_discusses(moderator, member, idea):
    comment = a_comment(idea, member)
    hide(moderator, comment.id)
    assert get_visible_idea(member, idea.id).comment_count == 0
    restore(moderator, comment.id)
    assert get_visible_idea(member, idea.id).comment_count == 1


def test_every_act_is_recorded_with_who_and_why(moderator, idea):
    hide(moderator, idea.id, "Publicidad.")
    hiding = queries.find_last_hidings([idea.id])[idea.id]
    assert (hiding.reason, hiding.acted_by) == ("Publicidad.", moderator.display_name)
    restore(moderator, idea.id)
    assert acts() == ["hide", "restore"]


@pytest.mark.parametrize("reason", ["", "   "])
def test_hiding_without_a_reason_is_refused(moderator, idea, reason):
    with pytest.raises(Invalid):
        hide(moderator, idea.id, reason)


def test_hiding_twice_is_one_act(moderator, idea):
    hide(moderator, idea.id)
    hide(moderator, idea.id)
    assert acts() == ["hide"]


def test_restoring_twice_is_one_act(moderator, idea):
    hide(moderator, idea.id)
    restore(moderator, idea.id)
    restore(moderator, idea.id)
    assert acts() == ["hide", "restore"]


def test_two_moderators_who_hide_at_once_do_it_once(app, moderator, facilitator, idea):
    done = race(app, [lambda: hide(moderator, idea.id), lambda: hide(facilitator, idea.id)])
    assert {type(each) for each in done} <= {type(None), Conflict}
    assert acts() == ["hide"]
    assert again(idea.challenge).idea_count == 0


def test_held_contribution_is_published_once(moderator, held):
    assert again(held.challenge).idea_count == 0
    release(moderator, held.id)
    release(moderator, held.id)
    assert (again(held.challenge).idea_count, acts()) == (1, ["release"])


def test_held_contribution_that_was_hidden_goes_back_to_waiting(moderator, held):
    hide(moderator, held.id)
    restore(moderator, held.id)
    assert state_of(moderator, held.id) == State.HELD
    assert queries.count_held(held.challenge.id) == 1


def test_withdrawn_idea_cannot_be_hidden(moderator, author, idea):
    with unit_of_work():
        withdraw_idea(author, idea)
    with pytest.raises(Conflict):
        hide(moderator, idea.id)


@pytest.mark.parametrize("deed", [operations.restore, operations.release])
def test_author_cannot_undo_what_a_moderator_did(moderator, author, idea, deed):
    hide(moderator, idea.id)
    seen = queries.get_moderated(moderator, idea.id)
    with pytest.raises(NotAllowed), unit_of_work():
        deed(author, seen)


@pytest.mark.parametrize("reader", ["author", "member", "guest", "analyst", "stranger"])
def test_nobody_else_loads_a_contribution_for_moderation(request, idea, reader):
    with pytest.raises(NotFound):
        queries.get_moderated(request.getfixturevalue(reader), idea.id)


def test_draft_stays_its_authors_own(moderator, author):
    draft = an_idea(a_challenge(), author, draft=True)
    with pytest.raises(NotFound):
        queries.get_moderated(moderator, draft.id)
