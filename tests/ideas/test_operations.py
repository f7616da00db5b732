"""Proposing, editing, publishing and withdrawing ideas."""

import pytest
from sqlalchemy import func, select, update

from lab.challenges.phases import Activity, Override, Phase
from lab.contributions import operations as contributions
from lab.contributions.models import Contribution, Kind, State
from lab.contributions.queries import list_versions
from lab.core.actors import Assurance
from lab.core.db import db, unit_of_work
from lab.core.errors import Conflict, Gone, Invalid, NeedsAssurance, NeedsConsent, NotAllowed, NotFound, WrongPhase
from lab.ideas.models import NeedType
from lab.ideas.operations import IdeaText, Proposal, edit_idea, propose_idea, publish_idea, withdraw_idea
from lab.ideas.queries import get_own_idea, get_visible_idea
from tests.factories.challenges import a_challenge, again, moved
from tests.factories.contributions import an_idea, hide
from tests.racing import Gate, race, without_constraint

TEXT = IdeaText("Medir el agua", "Cada mañana.")


@pytest.fixture
def challenge(app):
    return a_challenge(categories=("Agua", "Luz"))


def propose(actor, challenge, key="key", kind=Kind.FINDING, text=TEXT, draft=False):
    with unit_of_work():
        return propose_idea(actor, Proposal(challenge, kind), text, key, draft)


def edit(actor, idea, **changes):
    with unit_of_work():
        return edit_idea(actor, idea, IdeaText(**{"title": idea.title, "body": idea.body} | changes))


def withdraw(actor, idea):
    with unit_of_work():
        withdraw_idea(actor, idea)


def stored() -> int:
    return db.session.execute(select(func.count()).select_from(Contribution)).scalar_one()


def test_member_proposes_and_everybody_reads_it(member, stranger, challenge):
    idea = get_visible_idea(stranger, propose(member, challenge).id)
    assert (idea.title, idea.author, idea.state, idea.version) == (TEXT.title, "Vecino", State.PUBLISHED, 1)
    assert again(challenge).idea_count == 1


def test_guest_proposes_without_an_account(guest, challenge):
    assert get_visible_idea(guest, propose(guest, challenge).id).author == "Visita"


def test_stranger_is_asked_for_consent_and_nothing_is_stored(stranger, challenge):
    with pytest.raises(NeedsConsent):
        propose(stranger, challenge)
    assert stored() == 0


def test_member_sends_the_form_twice_and_one_idea_is_stored(member, challenge):
    first, second = propose(member, challenge), propose(member, challenge)
    assert (first.id, first.new, second.new) == (second.id, True, False)
    assert again(challenge).idea_count == stored() == 1


def test_member_sends_the_form_many_times_at_once_and_one_idea_is_stored(app, member, challenge):
    results = race(app, [lambda: propose(member, challenge)] * 20)
    assert len({each.id for each in results}) == 1
    assert [each.new for each in results].count(True) == 1
    assert again(challenge).idea_count == stored() == 1


def test_without_the_unique_key_the_form_sent_at_once_is_stored_twice(app, member, challenge):
    with without_constraint("contributions", "uq_contributions_author_id_idempotency_key"):
        results = race(app, [lambda: propose(member, challenge)] * 20)
        assert [each.new for each in results].count(True) > 1
    assert stored() == 0


def test_two_people_with_the_same_key_store_two_ideas(member, guest, challenge):
    assert propose(member, challenge).id != propose(guest, challenge).id


def test_a_need_says_what_is_needed(member, challenge):
    with pytest.raises(Invalid) as refusal:
        propose(member, challenge, kind=Kind.NEED)
    assert refusal.value.field == "need_type"


def test_a_need_of_data_keeps_its_fields_and_others_drop_them(author, challenge):
    details = {"data_what": "Caudales", "data_format": "CSV", "data_purpose": "Alertas"}
    data = an_idea(challenge, author, Kind.NEED, need_type=NeedType.DATA, **details)
    other = an_idea(challenge, author, Kind.NEED, need_type=NeedType.SERVICE, **details)
    finding = an_idea(challenge, author, Kind.FINDING, need_type=NeedType.DATA, **details)
    assert (data.data_what, data.data_format, data.data_purpose) == ("Caudales", "CSV", "Alertas")
    assert other.data_what == finding.data_what == ""
    assert finding.need_type is None


def test_a_category_of_another_challenge_is_refused(member, challenge):
    foreign = a_challenge(categories=("Agua",)).categories[0].id
    with pytest.raises(Invalid):
        propose(member, challenge, text=IdeaText("T", "B", category_id=foreign))


def test_a_kind_the_phase_does_not_ask_for_is_refused(member, challenge):
    with pytest.raises(WrongPhase):
        propose(member, challenge, kind=Kind.PROPOSAL)
    assert propose(member, moved(challenge, Phase.MAPPING), kind=Kind.PROPOSAL).new


def test_guest_is_asked_to_sign_in_where_the_challenge_wants_accounts(guest, member):
    strict = a_challenge(overrides=[Override(Activity.FINDING, None, None, Assurance.ACCOUNT)])
    with pytest.raises(NeedsAssurance):
        propose(guest, strict)
    assert propose(member, strict).new


def test_guest_waits_for_review_where_guests_are_reviewed(guest, member, stranger):
    careful = a_challenge(reviews_guests=True)
    held = propose(guest, careful)
    assert get_visible_idea(guest, held.id).state == State.HELD
    with pytest.raises(NotFound):
        get_visible_idea(stranger, held.id)
    assert again(careful).idea_count == 0
    assert get_visible_idea(stranger, propose(member, careful).id).state == State.PUBLISHED


def test_a_draft_is_seen_by_its_author_alone(author, member, moderator, administrator, challenge):
    draft = an_idea(challenge, author, draft=True)
    for other in (member, moderator, administrator):
        with pytest.raises(NotFound):
            get_visible_idea(other, draft.id)
    assert again(challenge).idea_count == 0


def test_author_publishes_a_draft_once(author, stranger, challenge):
    draft = an_idea(challenge, author, draft=True)
    with unit_of_work():
        assert publish_idea(author, draft) == State.PUBLISHED
    assert get_visible_idea(stranger, draft.id).published_at is not None
    with pytest.raises(Conflict), unit_of_work():
        publish_idea(author, draft)
    assert again(challenge).idea_count == 1


def test_author_edits_and_every_version_is_kept(author, challenge):
    idea = an_idea(challenge, author, title="Primero")
    assert edit(author, idea, title="Segundo") == 2
    assert edit(author, get_visible_idea(author, idea.id), title="Tercero") == 3
    assert [row.title for row in list_versions(idea.id)] == ["Tercero", "Segundo", "Primero"]


def test_author_edits_an_old_copy_and_is_told(author, challenge):
    idea = an_idea(challenge, author)
    edit(author, idea, title="En una pestaña")
    with pytest.raises(Conflict):
        edit(author, idea, title="En otra")
    assert get_visible_idea(author, idea.id).title == "En una pestaña"


def test_author_edits_in_many_tabs_at_once_and_one_wins(app, author, challenge):
    idea = an_idea(challenge, author)
    results = race(app, [lambda tab=tab: edit(author, idea, title=f"Pestaña {tab}") for tab in range(10)])
    assert [result for result in results if isinstance(result, int)] == [2]
    assert sum(isinstance(result, Conflict) for result in results) == 9


def test_with_a_check_before_the_write_edits_are_lost(app, author, challenge, monkeypatch):
    idea, gate = an_idea(challenge, author), Gate(10)

    def check_then_write(contribution_id, seen, _state, **columns):
        present = db.session.get_one(Contribution, contribution_id).version
        gate.wait()
        assert present == seen
        statement = update(Contribution).where(Contribution.id == contribution_id)
        db.session.execute(statement.values(version=present + 1, **columns))
        return present + 1

    monkeypatch.setattr(contributions, "next_version", check_then_write)
    monkeypatch.setattr(contributions, "store_version", lambda *_: None)
    results = race(app, [lambda tab=tab: edit(author, idea, title=f"Pestaña {tab}") for tab in range(10)])
    assert [result for result in results if result == 2] == [2] * 10


def test_idea_hidden_while_it_was_edited_stays_as_it_was(author, moderator, challenge):
    idea = an_idea(challenge, author, title="Como estaba")
    hide(moderator, idea.id)
    with pytest.raises(Conflict):
        edit(author, idea, title="Otra cosa")
    assert get_visible_idea(author, idea.id).title == "Como estaba"


def test_author_presses_withdraw_many_times_at_once_and_hears_the_same(app, author, challenge):
    idea = an_idea(challenge, author)

    def press():
        with unit_of_work():
            withdraw_idea(author, get_own_idea(author, idea.id))

    assert race(app, [press] * 10) == [None] * 10
    assert again(challenge).idea_count == 0


def test_author_saves_the_same_change_many_times_at_once_and_it_is_one(app, author, challenge):
    idea = an_idea(challenge, author)

    def press():
        with unit_of_work():
            return edit_idea(author, get_own_idea(author, idea.id), IdeaText("Una vez", idea.body), seen=1)

    assert race(app, [press] * 10) == [2] * 10


def test_other_words_sent_with_a_used_key_are_refused_and_say_where_the_first_are(member, challenge):
    first = propose(member, challenge)
    with pytest.raises(Conflict) as refusal:
        propose(member, challenge, text=IdeaText("Otra", "Cosa."))
    assert refusal.value.details["sent"] == first.id
    assert stored() == 1


def test_member_may_not_change_what_another_wrote(member, moderator, author, challenge):
    idea = an_idea(challenge, author)
    for other in (member, moderator):
        with pytest.raises(NotAllowed):
            edit(other, idea, title="Ajeno")
        with pytest.raises(NotAllowed):
            withdraw(other, idea)


def test_author_withdraws_and_the_address_says_so(author, stranger, challenge):
    idea = an_idea(challenge, author)
    withdraw(author, idea)
    with pytest.raises(Gone) as notice:
        get_visible_idea(stranger, idea.id)
    assert notice.value.status == 410
    assert again(challenge).idea_count == 0


def test_author_withdraws_twice_and_is_told(author, challenge):
    idea = an_idea(challenge, author)
    withdraw(author, idea)
    with pytest.raises(Conflict):
        withdraw(author, idea)
    assert again(challenge).idea_count == 0


def test_a_withdrawn_draft_was_never_there_for_others(author, stranger, challenge):
    draft = an_idea(challenge, author, draft=True)
    withdraw(author, draft)
    with pytest.raises(NotFound):
        get_visible_idea(stranger, draft.id)


def test_what_is_hidden_is_gone_for_readers_but_not_for_its_author(author, moderator, stranger, challenge):
    idea = an_idea(challenge, author)
    hide(moderator, idea.id)
    with pytest.raises(Gone):
        get_visible_idea(stranger, idea.id)
    for reader in (author, moderator):
        assert get_visible_idea(reader, idea.id).state == State.HIDDEN


def test_author_may_withdraw_after_the_phase_but_not_edit(author, challenge):
    idea = an_idea(challenge, author)
    closed = moved(challenge, None)
    idea = get_visible_idea(author, idea.id)
    assert idea.challenge.stage.phase == closed.stage.phase
    with pytest.raises(WrongPhase):
        edit(author, idea, title="Tarde")
    withdraw(author, idea)


def test_an_idea_of_an_unpublished_challenge_is_not_read(author, facilitator, stranger, challenge):
    idea = an_idea(challenge, author)
    with db.engine.begin() as connection:
        connection.exec_driver_sql("update challenges set published_at = null")
    with pytest.raises(NotFound):
        get_visible_idea(stranger, idea.id)
    assert get_visible_idea(facilitator, idea.id).id == idea.id
