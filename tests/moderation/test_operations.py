"""Hiding, restoring and releasing."""

import pytest
from sqlalchemy import select, update

from lab.contributions.models import Contribution, Kind, State
from lab.contributions.queries import ListFilter, count_published
from lab.core.db import db, unit_of_work
from lab.core.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from lab.ideas.models import NeedType
from lab.ideas.operations import IdeaText, edit_idea, withdraw_idea
from lab.ideas.queries import get_visible_idea
from lab.moderation import operations, queries
from lab.moderation.models import ModerationAct
from tests.factories.challenges import a_challenge, again
from tests.factories.contributions import a_comment, an_idea, hide, restore
from tests.racing import Gate, race


def state_of(moderator, contribution_id: int) -> State:
    return queries.get_moderated(moderator, contribution_id).state


def acts() -> list[str]:
    return list(db.session.scalars(select(ModerationAct.act).order_by(ModerationAct.id)))


def release(moderator, contribution_id: int) -> None:
    with unit_of_work():
        waiting = queries.get_moderated(moderator, contribution_id)
        operations.release(moderator, waiting, waiting.version)


def edit(author, idea, words: str) -> None:
    with unit_of_work():
        edit_idea(author, idea, IdeaText(words, words))


def found(challenge, words: str) -> int:
    return count_published(challenge.id, ListFilter(words=words)).number


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


def test_with_a_check_before_the_write_both_hide(app, moderator, facilitator, idea, monkeypatch):
    gate = Gate(2)

    def check_then_write(contribution_id, state):
        public = db.session.get_one(Contribution, contribution_id).state == State.PUBLISHED
        gate.wait()
        assert public
        db.session.execute(update(Contribution).where(Contribution.id == contribution_id).values(state=state))

    monkeypatch.setattr(operations.contributions, "remove_from_public", check_then_write)
    race(app, [lambda: hide(moderator, idea.id), lambda: hide(facilitator, idea.id)])
    assert acts() == ["hide", "hide"]


def press(moderator, contribution_id: int) -> None:
    """Hides as the door does."""
    with unit_of_work():
        operations.hide(moderator, queries.get_to_moderate(moderator, contribution_id), "No es del tema.")


def test_hiding_pressed_many_times_at_once_answers_everybody_the_same(app, moderator, idea):
    assert race(app, [lambda: press(moderator, idea.id)] * 10) == [None] * 10
    assert acts() == ["hide"]


def test_moderator_does_not_publish_a_version_they_have_not_read(moderator, guest, held):
    edit(guest, held, "Otra cosa")
    with pytest.raises(Conflict), unit_of_work():
        operations.release(moderator, queries.get_moderated(moderator, held.id), held.version)
    assert state_of(moderator, held.id) == State.HELD


def released_while_it_is_edited(app, moderator, guest, held) -> list:
    """The moderator reads it, the author saves another text, the moderator publishes: in this order."""
    read, saved = Gate(2), Gate(2)

    def moderate():
        with unit_of_work():
            waiting = queries.get_moderated(moderator, held.id)
            read.wait()
            saved.wait()
            operations.release(moderator, waiting, waiting.version)

    def change():
        read.wait()
        edit(guest, held, "Bombas nuevas")
        saved.wait()

    return race(app, [moderate, change])


def test_text_saved_while_the_moderator_publishes_stays_unpublished(app, moderator, guest, held):
    refusal, saved = released_while_it_is_edited(app, moderator, guest, held)
    assert (type(refusal), saved) == (Conflict, None)
    assert state_of(moderator, held.id) == State.HELD


def test_without_the_version_in_the_write_an_unread_text_becomes_public(app, moderator, guest, held, monkeypatch):
    def careless(contribution_id, before, words, version):
        contributions_make_public(contribution_id, before, words)

    contributions_make_public = operations.contributions.make_public
    monkeypatch.setattr(operations.contributions, "make_public", careless)
    released_while_it_is_edited(app, moderator, guest, held)
    assert state_of(moderator, held.id) == State.PUBLISHED
    assert (found(held.challenge, "bombas"), found(held.challenge, "pozo")) == (0, 1)


def test_search_reads_what_people_wrote_and_no_codes(moderator, guest):
    challenge = a_challenge(reviews_guests=True)
    need = an_idea(challenge, guest, Kind.NEED, need_type=NeedType.DATA, data_what="Lecturas diarias")
    release(moderator, need.id)
    assert (found(challenge, "lecturas"), found(challenge, "data")) == (1, 0)


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


@pytest.mark.parametrize("public", [True, False])
def test_withdrawn_idea_is_out_of_a_moderators_reach(moderator, author, guest, held, idea, public):
    with unit_of_work():
        withdraw_idea(author, idea) if public else withdraw_idea(guest, held)
    with pytest.raises(Gone):
        hide(moderator, (idea if public else held).id)


@pytest.mark.parametrize("deed", ["restore", "release"])
def test_author_cannot_undo_what_a_moderator_did(moderator, author, idea, deed):
    hide(moderator, idea.id)
    seen = queries.get_moderated(moderator, idea.id)
    with pytest.raises(NotAllowed), unit_of_work():
        operations.restore(author, seen) if deed == "restore" else operations.release(author, seen, seen.version)


@pytest.mark.parametrize("reader", ["author", "member", "guest", "analyst", "stranger"])
def test_nobody_else_loads_a_contribution_for_moderation(request, idea, reader):
    with pytest.raises(NotFound):
        queries.get_moderated(request.getfixturevalue(reader), idea.id)


def test_draft_stays_its_authors_own(moderator, author):
    draft = an_idea(a_challenge(), author, draft=True)
    with pytest.raises(NotFound):
        queries.get_moderated(moderator, draft.id)
