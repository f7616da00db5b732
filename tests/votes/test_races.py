"""Everybody at once: no double vote, no vote above the maximum, no lost count; each with its control."""

from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest
from sqlalchemy import func, select, text

from lab.challenges import queries
from lab.core.actors import SYSTEM
from lab.core.db import db, unit_of_work
from lab.core.errors import Conflict
from lab.ideas.queries import get_visible_idea
from lab.votes import operations
from lab.votes.models import Allowance, Ballot, Cast
from lab.votes.operations import BallotTerms, Standing
from lab.votes.queries import count_left, list_miscounted
from tests.factories.challenges import a_challenge
from tests.factories.contributions import an_idea, hide, restore
from tests.factories.people import a_person
from tests.factories.votes import a_ballot, support, the_ballot, withdraw_support
from tests.racing import PATIENCE, Gate, race, without_constraint

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

    def check_then_write(actor, _ballot_id, _maximum):
        left = count_left(actor, the_ballot(many[0].challenge))
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


# A maximum that is set while somebody supports


def set_maximum_while(app, deed):
    """Sets a maximum of one, and lets the deed begin before that is committed; returns what became of the deed."""
    challenge_id = db.session.execute(select(Ballot.challenge_id)).scalars().first()
    challenge = queries.get_visible_challenge_by_id(SYSTEM, challenge_id)
    with ThreadPoolExecutor(1) as pool:
        with unit_of_work():
            operations.set_ballot(SYSTEM, challenge, BallotTerms(maximum=1))
            begun = pool.submit(race, app, [deed])
            wait_for_somebody_to_wait()
        return begun.result()[0]


def wait_for_somebody_to_wait() -> None:
    """Until another transaction waits for ours: a lock that is not granted."""
    ungranted = text("select count(*) from pg_locks where not granted")
    deadline = monotonic() + PATIENCE
    while monotonic() < deadline:
        if db.session.execute(ungranted).scalar_one():
            return
    raise AssertionError("nobody waited")


@pytest.fixture
def spent(author, member):
    """Two ideas, of which the member supports the first."""
    challenge = a_challenge()
    ideas = [an_idea(challenge, author) for _ in range(2)]
    support(member, ideas[0])
    return ideas


def test_a_maximum_set_meanwhile_counts_for_a_support_under_way(app, member, spent):
    assert isinstance(set_maximum_while(app, lambda: support(member, spent[1])), Conflict)
    assert stored_casts() == 1
    assert list_miscounted() == []


def test_with_the_maximum_read_before_the_wait_it_is_overrun(app, member, spent, monkeypatch):
    read_before = (
        "with held as (select id, maximum from ballots where id = :ballot), given as ("
        " insert into casts (ballot_id, option_id, person_id, value, version, channel)"
        " select id, :option, :person, :value, :version, 'web' from held on conflict do nothing returning option_id)"
        " select held.maximum from held, given"
    )
    monkeypatch.setattr(operations, "_CAST", text(read_before))
    assert set_maximum_while(app, lambda: support(member, spent[1])).supported
    assert stored_casts() == 2


def test_a_support_taken_back_meanwhile_is_given_back(app, member, spent):
    assert not set_maximum_while(app, lambda: withdraw_support(member, spent[0])).supported
    assert list_miscounted() == []


# What leaves the public while somebody supports it


def test_what_is_hidden_and_shown_while_everybody_supports_it_uses_no_allowance_it_should_not(app, moderator, many):
    people = [a_person() for _ in range(8)]
    deeds = [lambda person=person: support(person, many[0]) for person in people]
    deeds += [lambda person=person: withdraw_support(person, many[0]) for person in people]
    deeds += [lambda: hide(moderator, many[0].id), lambda: restore(moderator, many[0].id)] * 2
    results = race(app, deeds)
    assert {type(each) for each in results} <= {Standing, Conflict, type(None)}
    assert list_miscounted() == []
