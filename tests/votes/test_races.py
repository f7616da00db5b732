"""Everybody at once: no double vote, no vote above the maximum, no lost count; each with its control."""

import pytest
from sqlalchemy import func, select, text

from lab.core.db import db
from lab.core.errors import Conflict
from lab.ideas.queries import get_visible_idea
from lab.votes import operations
from lab.votes.models import Allowance, Cast
from lab.votes.queries import count_left, list_miscounted
from tests.factories.challenges import a_challenge
from tests.factories.contributions import an_idea
from tests.factories.people import a_person
from tests.factories.votes import a_ballot, support, withdraw_support
from tests.racing import Gate, race, without_constraint

HERD = 50


@pytest.fixture
def idea(author):
    return an_idea(a_challenge(), author)


def stored_casts() -> int:
    return db.session.execute(select(func.count()).select_from(Cast)).scalar_one()


def refused(results: list) -> list:
    return [result for result in results if isinstance(result, Exception)]


def test_member_clicks_fifty_times_at_once_and_counts_once(app, member, idea):
    results = race(app, [lambda: support(member, idea)] * HERD)
    assert refused(results) == []
    assert stored_casts() == get_visible_idea(member, idea.id).support == 1


def test_without_the_unique_constraint_the_double_vote_appears(app, member, idea):
    with without_constraint("casts", "pk_casts"):
        race(app, [lambda: support(member, idea)] * HERD)
        assert stored_casts() > 1
    assert stored_casts() == 0


def test_everybody_supports_at_once_and_everybody_is_told_another_total(app, idea):
    people = [a_person() for _ in range(HERD)]
    results = race(app, [lambda person=person: support(person, idea) for person in people])
    assert sorted(standing.support for standing in results) == list(range(1, HERD + 1))
    assert list_miscounted() == []


def test_member_supports_and_withdraws_at_once_and_the_count_stays_true(app, member, idea):
    deeds = [lambda: support(member, idea), lambda: withdraw_support(member, idea)] * (HERD // 2)
    assert refused(race(app, deeds)) == []
    assert stored_casts() == get_visible_idea(member, idea.id).support
    assert list_miscounted() == []


@pytest.fixture
def many(author):
    """Ten ideas of which a person may support three."""
    challenge = a_challenge()
    a_ballot(challenge, maximum=3)
    return [an_idea(challenge, author) for _ in range(10)]


def test_member_spends_ten_supports_at_once_and_three_are_taken(app, member, many):
    results = race(app, [lambda idea=idea: support(member, idea) for idea in many])
    assert [type(refusal) for refusal in refused(results)] == [Conflict] * 7
    assert stored_casts() == 3
    assert db.session.execute(select(Allowance.used)).scalar_one() == 3


def test_with_a_check_before_the_write_the_maximum_is_overrun(app, member, many, monkeypatch):
    gate = Gate(len(many))

    def check_then_write(actor, ballot):
        left = count_left(actor, ballot)
        gate.wait()
        if not left:
            raise Conflict("full")

    monkeypatch.setattr(operations, "_use_allowance", check_then_write)
    race(app, [lambda idea=idea: support(member, idea) for idea in many])
    assert stored_casts() > 3


def test_the_database_itself_holds_the_maximum(app, member, many):
    support(member, many[0])
    with pytest.raises(Exception, match="within_maximum"), db.engine.begin() as connection:
        connection.execute(text("update allowances set used = maximum + 1"))
