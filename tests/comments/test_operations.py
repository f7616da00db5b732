"""Writing and withdrawing comments."""

import pytest
from sqlalchemy import func, select, update

from lab.comments import operations
from lab.comments.models import DEPTH_LIMIT, Comment
from lab.comments.operations import CommentText, withdraw_comment, write_comment
from lab.comments.queries import get_comment_to_withdraw, get_visible_comment
from lab.contributions.models import Contribution, State
from lab.core.db import db, unit_of_work
from lab.core.errors import Conflict, Gone, Invalid, NeedsConsent, NotAllowed, NotFound, WrongPhase
from lab.ideas.operations import withdraw_idea
from lab.ideas.queries import get_visible_idea
from tests.factories.challenges import a_challenge, again, moved
from tests.factories.contributions import a_comment, an_idea, hide, restore
from tests.racing import Gate, race, without_constraint


@pytest.fixture
def idea(author):
    return an_idea(a_challenge(), author)


def write(actor, target, body="Hola.", key="key", parent=None):
    with unit_of_work():
        return write_comment(actor, target, CommentText(body, parent=parent), key)


def withdraw(actor, comment):
    with unit_of_work():
        withdraw_comment(actor, comment)


def counted(idea) -> tuple[int, int]:
    """Comments the idea tells of, and comments its challenge tells of."""
    told = select(Contribution.comment_count).where(Contribution.id == idea.id)
    return db.session.execute(told).scalar_one(), again(idea.challenge).comment_count


def test_member_comments_and_both_counters_rise(member, idea):
    comment = a_comment(idea, member, "De acuerdo.")
    assert (comment.body, comment.depth, comment.root_id) == ("De acuerdo.", 0, comment.id)
    assert counted(idea) == (1, 1)


def test_member_answers_and_the_answer_hangs_below(member, guest, idea):
    first = a_comment(idea, member)
    answer = a_comment(idea, guest, "¿Por qué?", parent=first)
    assert (answer.depth, answer.root_id) == (1, first.id)
    assert counted(idea) == (2, 2)


def test_member_sends_the_comment_twice_and_one_is_stored(member, idea):
    first, second = write(member, idea), write(member, idea)
    assert (first.id, second.new) == (second.id, False)
    assert counted(idea) == (1, 1)


def test_member_sends_the_comment_many_times_at_once_and_one_is_stored(app, member, idea):
    results = race(app, [lambda: write(member, idea)] * 20)
    assert len({each.id for each in results}) == 1
    assert db.session.execute(select(func.count()).select_from(Comment)).scalar_one() == 1
    assert counted(idea) == (1, 1)


def test_without_the_unique_key_the_comment_is_stored_many_times(app, member, idea):
    with without_constraint("contributions", "uq_contributions_author_id_idempotency_key"):
        race(app, [lambda: write(member, idea)] * 20)
        assert db.session.execute(select(func.count()).select_from(Comment)).scalar_one() > 1


def press(actor, comment) -> None:
    """Withdraws as the door does."""
    with unit_of_work():
        withdraw_comment(actor, get_comment_to_withdraw(actor, comment.id))


def test_withdrawing_pressed_many_times_at_once_answers_everybody_the_same(app, author, idea):
    comment = a_comment(idea, author)
    assert race(app, [lambda: press(author, comment)] * 10) == [None] * 10
    assert counted(idea) == (0, 0)


def test_with_a_check_before_the_write_one_comment_is_counted_out_twice(app, author, idea, monkeypatch):
    comment, gate = a_comment(idea, author), Gate(2)
    a_comment(idea, author)

    def check_then_write(comment_id, state):
        gate.wait()
        db.session.execute(update(Contribution).where(Contribution.id == comment_id).values(state=state))
        operations.count_in_discussion(comment_id, -1)

    monkeypatch.setattr(operations.contributions, "remove_from_public", check_then_write)
    race(app, [lambda: withdraw(author, comment)] * 2)
    assert counted(idea) == (0, 0)


def test_stranger_is_asked_for_consent_first(stranger, idea):
    with pytest.raises(NeedsConsent):
        write(stranger, idea)


def test_an_empty_comment_is_refused(member, idea):
    with pytest.raises(Invalid) as refusal:
        write(member, idea, body="")
    assert refusal.value.field == "body"


def test_an_answer_to_another_discussion_is_refused(member, author, idea):
    elsewhere = a_comment(an_idea(idea.challenge, author), author)
    with pytest.raises(Invalid):
        write(member, idea, parent=elsewhere)


def test_an_answer_to_a_comment_that_is_hidden_is_refused(author, moderator, idea):
    comment = a_comment(idea, author)
    hide(moderator, comment.id)
    with pytest.raises(Conflict):
        write(author, idea, parent=get_visible_comment(author, comment.id))


def test_a_withdrawn_comment_is_gone_even_for_its_author(author, idea):
    comment = a_comment(idea, author)
    withdraw(author, comment)
    with pytest.raises(Gone):
        get_visible_comment(author, comment.id)


def test_a_thread_ends_at_its_deepest_level(member, idea):
    parent = None
    for _ in range(DEPTH_LIMIT + 1):
        parent = a_comment(idea, member, parent=parent)
    assert parent.depth == DEPTH_LIMIT
    with pytest.raises(Conflict):
        write(member, idea, parent=parent)


def test_author_withdraws_and_the_counters_fall(author, idea):
    comment = a_comment(idea, author)
    withdraw(author, comment)
    assert counted(idea) == (0, 0)
    with pytest.raises(Conflict):
        withdraw(author, comment)
    press(author, comment)
    assert counted(idea) == (0, 0)


def test_member_may_not_withdraw_what_another_wrote(member, author, idea):
    with pytest.raises(NotAllowed):
        withdraw(member, a_comment(idea, author))


def test_nobody_comments_on_a_draft_a_hidden_idea_or_a_closed_challenge(author, moderator, idea):
    with pytest.raises(Conflict):
        write(author, an_idea(idea.challenge, author, draft=True))
    hide(moderator, idea.id)
    with pytest.raises(Conflict):
        write(author, get_visible_idea(author, idea.id))
    restore(moderator, idea.id)
    moved(idea.challenge, None)
    with pytest.raises(WrongPhase):
        write(author, get_visible_idea(author, idea.id))


def test_guest_waits_for_review_where_guests_are_reviewed(guest, member, author):
    idea = an_idea(a_challenge(reviews_guests=True), author)
    comment = a_comment(idea, guest)
    assert comment.state == State.HELD
    assert counted(idea) == (0, 0)
    with pytest.raises(NotFound):
        get_visible_comment(member, comment.id)


def test_a_comment_is_not_read_once_its_idea_is_gone(author, member, stranger, idea):
    comment = a_comment(idea, member)
    with unit_of_work():
        withdraw_idea(author, idea)
    with pytest.raises(NotFound):
        get_visible_comment(stranger, comment.id)
