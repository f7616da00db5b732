"""Whatever is published, hidden, restored and withdrawn, the counters equal a recount."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import func, select, text, update

from lab.challenges.models import Challenge
from lab.comments.models import Comment
from lab.comments.operations import withdraw_comment
from lab.comments.queries import get_visible_comment
from lab.contributions import operations as contributions
from lab.core.actors import Role
from lab.core.db import db, unit_of_work
from lab.core.errors import Refusal
from lab.ideas.operations import publish_idea, withdraw_idea
from lab.ideas.queries import get_visible_idea
from lab.moderation.operations import release
from lab.moderation.queries import get_moderated
from tests.factories.challenges import a_challenge
from tests.factories.contributions import a_comment, an_idea, hide, restore
from tests.factories.people import a_guest, a_person, a_staff_member
from tests.racing import Gate, race

# What the counters promise, counted from nothing.
RECOUNT = text("""
    with public as (select * from contributions where state = 'published'),
    said as (select k.target_id from comments k join public p on p.id = k.id)
    select
      (select count(*) from public where challenge_id = ch.id and kind <> 'comment') as ideas,
      (select count(*) from said join public p on p.id = said.target_id where p.challenge_id = ch.id) as comments,
      (select coalesce(jsonb_object_agg(c.id, (select count(*) from said where target_id = c.id)), '{}')
       from contributions c where c.challenge_id = ch.id and c.kind <> 'comment') as of_ideas
    from challenges ch where ch.id = :challenge
""")
TOLD = text("""
    select idea_count as ideas, comment_count as comments,
      (select coalesce(jsonb_object_agg(c.id, c.comment_count), '{}')
       from contributions c where c.challenge_id = ch.id and c.kind <> 'comment') as of_ideas
    from challenges ch where ch.id = :challenge
""")
PLACES = some.integers(0, 5)
DEEDS = ("comment", "comment", "comment as guest", "withdraw", "hide", "restore", "release", "publish")
STEPS = some.one_of(
    some.sampled_from([("idea", 0), ("draft", 0), ("idea as guest", 0)]),
    some.tuples(some.sampled_from(DEEDS), PLACES),
)


def told(challenge):
    return db.session.execute(TOLD, {"challenge": challenge.id}).one()


def count_comments() -> int:
    return db.session.execute(select(func.count()).select_from(Comment)).scalar_one()


def assert_counted(challenge) -> None:
    values = {"challenge": challenge.id}
    assert tuple(db.session.execute(TOLD, values).one()) == tuple(db.session.execute(RECOUNT, values).one())


class Neighbourhood:
    """A challenge that reviews guests, two people who write, and a moderator."""

    def __init__(self) -> None:
        self.challenge = a_challenge(reviews_guests=True)
        self.author, self.guest = a_person(), a_guest()
        self.moderator = a_staff_member(Role.MODERATOR)
        self.ideas: list[int] = [an_idea(self.challenge, self.author).id]
        self.comments: list[int] = []

    def do(self, deed: str, place: int) -> bool:
        """The deed on whatever stands at that place, and whether it was done; what is refused changes nothing."""
        try:
            self._deeds[deed](place)
        except Refusal:
            db.session.rollback()
            return False
        return True

    @property
    def _deeds(self):
        return {
            "idea": lambda _: self._bring(self.author),
            "draft": lambda _: self._bring(self.author, draft=True),
            "idea as guest": lambda _: self._bring(self.guest),
            "comment": lambda place: self._comment(self.author, place),
            "comment as guest": lambda place: self._comment(self.guest, place),
            "withdraw": self._withdraw,
            "publish": self._publish,
            "hide": lambda place: hide(self.moderator, self._any(place)),
            "restore": lambda place: restore(self.moderator, self._any(place)),
            "release": self._release,
        }

    def _any(self, place: int) -> int:
        known = self.ideas + self.comments
        return known[place % len(known)]

    def _idea(self, place: int):
        return get_visible_idea(self.author, self.ideas[place % len(self.ideas)])

    def _bring(self, actor, draft=False) -> None:
        self.ideas.append(an_idea(self.challenge, actor, draft=draft).id)

    def _comment(self, actor, place: int) -> None:
        self.comments.append(a_comment(self._idea(place), actor).id)

    def _publish(self, place: int) -> None:
        with unit_of_work():
            publish_idea(self.author, self._idea(place))

    def _release(self, place: int) -> None:
        with unit_of_work():
            waiting = get_moderated(self.moderator, self._any(place))
            release(self.moderator, waiting, waiting.version)

    def _withdraw(self, place: int) -> None:
        number = self._any(place)
        with unit_of_work():
            if number in self.ideas:
                withdraw_idea(self.author, get_visible_idea(self.author, number))
            else:
                withdraw_comment(self.author, get_visible_comment(self.author, number))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=some.lists(STEPS, min_size=5, max_size=25))
def test_any_history_of_a_challenge_keeps_its_counters_true(app, steps):
    place = Neighbourhood()
    for step in steps:
        place.do(*step)
    assert_counted(place.challenge)


@pytest.mark.parametrize("deed", ["hide", "withdraw"])
def test_an_idea_leaves_with_its_discussion(app, deed):
    place = Neighbourhood()
    for step in [("comment", 0), ("comment", 0), ("hide", 1), (deed, 0)]:
        place.do(*step)
    assert (told(place.challenge).ideas, told(place.challenge).comments) == (0, 0)
    assert_counted(place.challenge)


def test_a_comment_hidden_while_its_idea_is_hidden_returns_uncounted(app):
    place = Neighbourhood()
    for step in [("comment", 0), ("comment", 0), ("hide", 0), ("hide", 1), ("restore", 0)]:
        place.do(*step)
    assert told(place.challenge).comments == 1
    assert_counted(place.challenge)


def test_comments_and_moderation_at_once_keep_the_counters_true(app):
    place = Neighbourhood()
    talk = [lambda: place.do("comment", 0)] * 16
    moderation = [lambda turn=turn: place.do("hide" if turn % 2 else "restore", 0) for turn in range(8)]
    said = race(app, talk + moderation)
    assert [type(each) for each in said] == [bool] * 24
    assert count_comments() == said[:16].count(True) == len(place.comments)
    assert_counted(place.challenge)


def test_comments_at_once_are_all_counted(app):
    place = Neighbourhood()
    assert race(app, [lambda: place.do("comment", 0)] * 16) == [True] * 16
    assert told(place.challenge).comments == count_comments() == 16


def test_with_a_read_before_the_write_comments_are_lost_from_the_count(app, monkeypatch):
    place, gate = Neighbourhood(), Gate(8)

    def read_then_write(challenge_id, ideas=0, comments=0):
        with db.engine.begin() as other:
            query = select(Challenge.comment_count).where(Challenge.id == challenge_id)
            present = other.execute(query).scalar_one()
            gate.wait()
            statement = update(Challenge).where(Challenge.id == challenge_id)
            other.execute(statement.values(comment_count=present + comments))

    monkeypatch.setattr(contributions, "count_public", read_then_write)
    monkeypatch.setattr(contributions, "count_comments", lambda *_: read_then_write(place.challenge.id, comments=1))
    assert race(app, [lambda: place.do("comment", 0)] * 8) == [True] * 8
    assert told(place.challenge).comments < count_comments() == 8
