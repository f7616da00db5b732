"""Whatever is answered, withdrawn, hidden and restored, each comment knows how many public ones are below it."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import text

from lab.comments.operations import withdraw_comment
from lab.comments.queries import get_visible_comment
from lab.core.actors import Role
from lab.core.db import db, unit_of_work
from lab.core.errors import Refusal
from tests.factories.challenges import a_challenge
from tests.factories.contributions import a_comment, an_idea, hide, restore
from tests.factories.people import a_person, a_staff_member
from tests.racing import race

MISCOUNTED = text("""
    with recursive under(top, id) as (
      select id, id from comments union all select u.top, k.id from comments k join under u on k.parent_id = u.id)
    select k.id, k.below, count(c.id) as counted from comments k
    left join under u on u.top = k.id and u.id <> k.id
    left join contributions c on c.id = u.id and c.state = 'published'
    group by k.id, k.below having k.below <> count(c.id)
""")
STEPS = some.tuples(
    some.sampled_from(("answer", "answer", "answer", "withdraw", "hide", "restore")), some.integers(0, 9)
)


class Thread:
    """A discussion that begins with one comment; a deed is done to the comment that stands at a place."""

    def __init__(self) -> None:
        self.author, self.moderator = a_person(), a_staff_member(Role.MODERATOR)
        self.idea = an_idea(a_challenge(), self.author)
        self.comments = [a_comment(self.idea, self.author).id]

    def do(self, deed: str, place: int) -> None:
        """What is refused changes nothing, and must not."""
        number = self.comments[place % len(self.comments)]
        try:
            getattr(self, deed)(number)
        except Refusal:
            db.session.rollback()

    def answer(self, number: int) -> None:
        parent = get_visible_comment(self.author, number)
        self.comments.append(a_comment(self.idea, self.author, parent=parent).id)

    def withdraw(self, number: int) -> None:
        with unit_of_work():
            withdraw_comment(self.author, get_visible_comment(self.author, number))

    def hide(self, number: int) -> None:
        hide(self.moderator, number)

    def restore(self, number: int) -> None:
        restore(self.moderator, number)


def miscounted() -> list:
    return db.session.execute(MISCOUNTED).all()


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=some.lists(STEPS, min_size=5, max_size=20))
def test_any_history_of_a_thread_keeps_its_counts_true(app, steps):
    thread = Thread()
    for step in steps:
        thread.do(*step)
    assert miscounted() == []


def test_answers_and_withdrawals_at_once_keep_the_counts_true(app):
    thread = Thread()
    for place in range(8):
        thread.answer(thread.comments[place])
    deeds = [lambda: thread.do("answer", 0)] * 6 + [lambda: thread.do("answer", 5)] * 6
    deeds += [lambda place=place: thread.do("withdraw", place) for place in range(1, 8)]
    assert race(app, deeds) == [None] * len(deeds)
    assert miscounted() == []
