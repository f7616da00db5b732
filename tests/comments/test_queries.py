"""Threads as they are drawn: in every order, whole, with notices where somebody answered what is gone."""

import pytest

from lab.comments.operations import withdraw_comment
from lab.comments.threads import LEVELS_DRAWN, ROOTS_A_PAGE, CommentOrder, get_thread, list_threads
from lab.core.db import unit_of_work
from lab.core.errors import Invalid
from lab.votes.models import Purpose
from tests.factories.challenges import a_challenge
from tests.factories.contributions import a_comment, an_idea, hide, many_comments
from tests.factories.votes import support


@pytest.fixture
def idea(author):
    return an_idea(a_challenge(), author)


def texts(nodes) -> list:
    """A thread as nested lists: text, then what hangs below it."""
    return [[node.text, *texts(node.replies)] for node in nodes]


def withdraw(actor, comment):
    with unit_of_work():
        withdraw_comment(actor, comment)


def rows(actor, idea, order=CommentOrder.OLDEST):
    return list_threads(actor, idea, order).rows


def test_answers_hang_below_what_they_answer_oldest_first(member, idea):
    first = a_comment(idea, member, "uno")
    second = a_comment(idea, member, "dos")
    answer = a_comment(idea, member, "uno a", parent=first)
    a_comment(idea, member, "uno b", parent=first)
    a_comment(idea, member, "uno a i", parent=answer)
    a_comment(idea, member, "dos a", parent=second)
    drawn = texts(rows(member, idea))
    assert drawn == [["uno", ["uno a", ["uno a i"]], ["uno b"]], ["dos", ["dos a"]]]


def test_below_three_levels_the_thread_continues_on_its_own_page(member, idea):
    chain = [a_comment(idea, member, "0")]
    for depth in range(1, LEVELS_DRAWN + 2):
        chain.append(a_comment(idea, member, str(depth), parent=chain[-1]))
    assert texts(rows(member, idea)) == [["0", ["1", ["2"]]]]
    last_drawn = rows(member, idea)[0].replies[0].replies[0]
    assert last_drawn.more
    assert texts([get_thread(member, chain[2]).top]) == [["2", ["3", ["4"]]]]


def test_a_withdrawn_comment_leaves_a_notice_only_where_somebody_answered(author, member, idea):
    answered, alone = a_comment(idea, author, "se va"), a_comment(idea, author, "sola")
    a_comment(idea, member, "queda", parent=answered)
    withdraw(author, answered)
    withdraw(author, alone)
    (notice,) = rows(member, idea)
    assert (notice.public, notice.text, notice.author) == (False, "", "")
    assert texts(notice.replies) == [["queda"]]


def test_a_hidden_comment_shows_neither_text_nor_name(author, member, moderator, idea):
    comment = a_comment(idea, author, "insulto")
    a_comment(idea, member, "respuesta", parent=comment)
    hide(moderator, comment.id)
    assert "insulto" not in str(rows(member, idea))


def test_comments_come_in_the_order_that_was_asked_for(author, member, guest, idea):
    comments = {name: a_comment(idea, author, name) for name in ("a", "b", "c")}
    support(member, comments["b"], Purpose.COMMENTS)
    support(guest, comments["b"], Purpose.COMMENTS)
    support(guest, comments["a"], Purpose.COMMENTS)
    seen = {order: [node.text for node in rows(member, idea, order)] for order in CommentOrder}
    assert seen[CommentOrder.OLDEST] == ["a", "b", "c"]
    assert seen[CommentOrder.NEWEST] == ["c", "b", "a"]
    assert seen[CommentOrder.SUPPORT] == ["b", "a", "c"]


def test_a_reader_sees_which_comments_they_support_and_nobody_elses(author, member, guest, idea):
    comment = a_comment(idea, author)
    support(member, comment, Purpose.COMMENTS)
    assert [node.supported for node in rows(member, idea)] == [True]
    assert [node.supported for node in rows(guest, idea)] == [False]


@pytest.mark.parametrize("number", [0, ROOTS_A_PAGE, ROOTS_A_PAGE + 1, 2 * ROOTS_A_PAGE + 3])
@pytest.mark.parametrize("order", CommentOrder)
def test_paging_visits_every_thread_exactly_once(stranger, author, idea, order, number):
    ids = many_comments(idea, author, number, supports=[1, 0, 1]) if number else []
    seen, cursor = [], None
    while True:
        page = list_threads(stranger, idea, order, cursor)
        seen += [node.id for node in page.rows]
        if (cursor := page.next_cursor) is None:
            break
    assert sorted(seen) == sorted(ids)


@pytest.mark.parametrize("order", CommentOrder)
def test_a_forged_cursor_is_refused(stranger, idea, order):
    with pytest.raises(Invalid):
        list_threads(stranger, idea, order, "WzFd")


def test_a_long_discussion_loses_no_thread(stranger, author, idea):
    ids = many_comments(idea, author, ROOTS_A_PAGE, replies=20)
    assert {node.id for node in rows(stranger, idea)} == set(ids)
    assert all(node.replies or node.more for node in rows(stranger, idea))


def test_a_discussion_however_deep_is_one_query(member, idea, counted_queries):
    parent = None
    for _ in range(6):
        parent = a_comment(idea, member, parent=parent)
    with counted_queries() as seen:
        rows(member, idea)
    assert len(seen) == 1, str(seen)
