"""Supporting and withdrawing: once each, inside the window, and the totals are always true."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

from lab.contributions.models import State
from lab.core.actors import SYSTEM
from lab.core.db import db, unit_of_work
from lab.core.errors import Conflict, Invalid, NeedsConsent, NotAllowed, WrongPhase
from lab.ideas.operations import IdeaText, edit_idea, withdraw_idea
from lab.ideas.queries import get_visible_idea
from lab.votes import operations, queries
from lab.votes.models import Cast, Purpose
from lab.votes.queries import Choice
from tests.factories.challenges import a_challenge, again
from tests.factories.contributions import a_comment, an_idea, hide, restore
from tests.factories.votes import a_ballot, support, the_ballot, withdraw_support

HOUR = timedelta(hours=1)


@pytest.fixture
def idea(author):
    return an_idea(a_challenge(), author)


def now() -> datetime:
    return datetime.now(UTC)


def close(ballot_id: int) -> None:
    """Somebody else closes the ballot at this instant of the database's clock."""
    with db.engine.begin() as other:
        other.execute(text("update ballots set closes_at = clock_timestamp() where id = :id"), {"id": ballot_id})


def casts() -> list[tuple[int, int]]:
    return [tuple(row) for row in db.session.execute(select(Cast.person_id, Cast.version))]


def test_member_supports_an_idea(member, idea):
    assert support(member, idea) == operations.Standing(True, 1)


def test_member_supports_twice_and_counts_once(member, idea):
    support(member, idea)
    assert support(member, idea) == operations.Standing(True, 1)
    assert len(casts()) == 1


def test_member_withdraws_and_the_total_is_restored(member, guest, idea):
    support(guest, idea)
    support(member, idea)
    assert withdraw_support(member, idea) == operations.Standing(False, 1)


def test_member_withdraws_twice_and_takes_one_back(member, guest, idea):
    support(guest, idea)
    support(member, idea)
    withdraw_support(member, idea)
    assert withdraw_support(member, idea) == operations.Standing(False, 1)


def test_member_withdraws_without_a_support_and_nothing_changes(member, idea):
    assert withdraw_support(member, idea) == operations.Standing(False, 0)


def test_guest_supports_as_anybody(guest, idea):
    assert support(guest, idea).support == 1


def test_stranger_is_asked_for_consent_first(stranger, idea):
    with pytest.raises(NeedsConsent):
        support(stranger, idea)


def test_member_supports_a_comment(member, author, idea):
    comment = a_comment(idea, author)
    assert support(member, comment, Purpose.COMMENTS).support == 1


def test_a_support_remembers_the_version_it_was_given_to(member, author, guest, idea):
    support(member, idea)
    with unit_of_work():
        edit_idea(author, idea, IdeaText("Otro título", "Otro texto"))
    support(guest, get_visible_idea(guest, idea.id))
    assert sorted(casts()) == sorted([(member.person_id, 1), (guest.person_id, 2)])


@pytest.mark.parametrize(("seen", "stored"), [(1, 1), (2, 2), (3, 2), (0, 2), (-1, 2), (None, 2)])
def test_a_support_is_for_the_version_that_was_seen_if_there_was_one(member, author, idea, seen, stored):
    with unit_of_work():
        edit_idea(author, idea, IdeaText("Otro título", "Otro texto"))
    with unit_of_work():
        choice = Choice(the_ballot(idea.challenge), get_visible_idea(member, idea.id))
        operations.set_support(member, choice, wanted=True, seen=seen)
    assert casts() == [(member.person_id, stored)]


def test_nobody_supports_outside_the_window(member, idea):
    a_ballot(idea.challenge, opens_at=now() + HOUR)
    with pytest.raises(WrongPhase):
        support(member, idea)
    a_ballot(idea.challenge, closes_at=now() - HOUR)
    with pytest.raises(WrongPhase):
        support(member, idea)


def test_a_ballot_closed_meanwhile_takes_no_support(member, idea):
    with pytest.raises(WrongPhase), unit_of_work():
        choice = Choice(the_ballot(idea.challenge), idea)
        close(choice.ballot.id)
        operations.cast(member, choice)
    assert casts() == []


def test_a_ballot_closed_meanwhile_gives_no_support_back(member, idea):
    support(member, idea)
    with pytest.raises(WrongPhase), unit_of_work():
        choice = Choice(the_ballot(idea.challenge), idea)
        close(choice.ballot.id)
        operations.withdraw(member, choice)
    assert len(casts()) == 1


def test_member_who_supported_before_the_close_hears_that_it_stands(member, idea):
    support(member, idea)
    with unit_of_work():
        choice = Choice(the_ballot(idea.challenge), idea)
        close(choice.ballot.id)
        assert operations.cast(member, choice) == operations.Standing(True, 1)


def test_nobody_supports_a_draft_or_something_hidden(member, author, moderator, idea):
    draft = an_idea(idea.challenge, author, draft=True)
    with pytest.raises(Conflict):
        support(author, draft)
    hide(moderator, idea.id)
    with pytest.raises(Conflict):
        support(author, get_visible_idea(author, idea.id))


def test_a_value_the_method_does_not_know_is_refused(member, idea):
    choice = Choice(the_ballot(idea.challenge), idea)
    with pytest.raises(Invalid), unit_of_work():
        operations.cast(member, choice, value=-1)


def test_member_with_every_support_used_may_move_one(member, author, idea):
    a_ballot(idea.challenge, maximum=1)
    other = an_idea(idea.challenge, author)
    support(member, idea)
    with pytest.raises(Conflict):
        support(member, other)
    withdraw_support(member, idea)
    assert support(member, other).support == 1
    assert queries.list_miscounted() == []


def test_a_maximum_set_later_counts_the_supports_before_it(member, author, idea):
    challenge = idea.challenge
    for _ in range(2):
        support(member, an_idea(challenge, author))
    ballot = a_ballot(challenge, maximum=2)
    assert queries.count_left(member, ballot) == 0
    with pytest.raises(Conflict):
        support(member, idea)


def test_a_lower_maximum_takes_no_support_away(member, author):
    challenge = a_challenge()
    ideas = [an_idea(challenge, author) for _ in range(3)]
    for each in ideas:
        support(member, each)
    a_ballot(challenge, maximum=1)
    withdraw_support(member, ideas[0])
    with pytest.raises(Conflict):
        support(member, ideas[0])
    assert len(casts()) == 2


def withdraw(author, idea) -> None:
    with unit_of_work():
        withdraw_idea(author, idea)


@pytest.mark.parametrize("leaves", ["hidden", "withdrawn"])
def test_what_leaves_the_public_gives_its_supporters_their_support_back(member, author, moderator, idea, leaves):
    ballot = a_ballot(idea.challenge, maximum=1)
    support(member, idea)
    withdraw(author, idea) if leaves == "withdrawn" else hide(moderator, idea.id)
    assert queries.count_left(member, ballot) == 1
    assert support(member, an_idea(idea.challenge, author)).supported
    assert queries.list_miscounted() == []


def test_what_returns_takes_its_supports_again_and_nobody_loses_one(member, author, moderator, idea):
    ballot = a_ballot(idea.challenge, maximum=1)
    other, third = an_idea(idea.challenge, author), an_idea(idea.challenge, author)
    support(member, idea)
    hide(moderator, idea.id)
    support(member, other)
    restore(moderator, idea.id)
    assert (len(casts()), queries.count_left(member, ballot)) == (2, 0)
    withdraw_support(member, other)
    with pytest.raises(Conflict):
        support(member, third)
    assert queries.list_miscounted() == []


def test_a_support_of_something_hidden_is_given_back_once(member, moderator, idea):
    ballot = a_ballot(idea.challenge, maximum=1)
    support(member, idea)
    hide(moderator, idea.id)
    withdraw_support(member, idea)
    assert queries.count_left(member, ballot) == 1
    assert queries.list_miscounted() == []


def test_a_maximum_set_later_counts_only_what_is_public(member, author, idea):
    support(member, idea)
    withdraw(author, idea)
    assert queries.count_left(member, a_ballot(idea.challenge, maximum=1)) == 1


def test_a_maximum_is_for_each_person(member, guest, author, idea):
    a_ballot(idea.challenge, maximum=1)
    support(member, idea)
    assert support(guest, idea).support == 2


def test_totals_hidden_until_the_close_are_not_shown(idea):
    ballot = a_ballot(idea.challenge, closes_at=now() + HOUR, totals_after_close=True)
    assert not ballot.totals_shown
    close(ballot.id)
    assert the_ballot(idea.challenge).totals_shown


@pytest.mark.parametrize(
    "terms",
    [{"opens_at": now(), "closes_at": now() - HOUR}, {"totals_after_close": True}],
    ids=["closes-before-it-opens", "hidden-without-end"],
)
def test_facilitator_sets_impossible_terms_and_is_refused(facilitator, idea, terms):
    with pytest.raises(Invalid), unit_of_work():
        operations.set_ballot(facilitator, idea.challenge, operations.BallotTerms(**terms))


def test_member_may_not_set_the_ballot(member, idea):
    with pytest.raises(NotAllowed), unit_of_work():
        operations.set_ballot(member, idea.challenge, operations.BallotTerms(maximum=1))


def test_only_a_person_sees_what_they_support(member, guest, idea):
    support(member, idea)
    ballot = the_ballot(idea.challenge)
    assert queries.find_cast(member, ballot.id, idea.id) == 1
    assert queries.find_cast(guest, ballot.id, idea.id) is None


def test_supports_of_something_hidden_return_with_it(member, moderator, idea):
    support(member, idea)
    hide(moderator, idea.id)
    restore(moderator, idea.id)
    restored = get_visible_idea(member, idea.id)
    assert (restored.state, restored.support) == (State.PUBLISHED, 1)


def test_the_figures_of_a_challenge_follow_once_a_minute(member, guest, idea):
    for person in (member, guest):
        support(person, idea)
    with unit_of_work():
        assert operations.refresh_figures(SYSTEM) == 1
    seen = again(idea.challenge)
    assert (seen.support_count, seen.people_count) == (2, 3)
    with unit_of_work():
        assert operations.refresh_figures(SYSTEM) == 0


def test_supports_whose_totals_are_hidden_are_not_in_the_figures(member, guest, author, idea):
    comment = a_comment(idea, author)
    support(member, idea)
    support(guest, comment, Purpose.COMMENTS)
    ballot = a_ballot(idea.challenge, closes_at=now() + HOUR, totals_after_close=True)
    assert figures(idea.challenge) == 1
    close(ballot.id)
    assert figures(idea.challenge) == 2


def figures(challenge) -> int:
    with unit_of_work():
        operations.refresh_figures(SYSTEM)
    return again(challenge).support_count
