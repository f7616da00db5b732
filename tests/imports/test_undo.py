"""Taking an import out again: everything of it, nothing else, and never what people here added to it."""

import pytest
from sqlalchemy import func, select

from lab.accounts.models import Person
from lab.challenges.phases import Phase
from lab.challenges.queries import find_challenge_id, get_visible_challenge
from lab.contributions.models import Contribution
from lab.core.actors import SYSTEM
from lab.core.db import db, unit_of_work
from lab.core.errors import Conflict, NotAllowed
from lab.ideas.queries import get_visible_idea
from lab.imports import operations, queries
from lab.imports.models import Entity, ImportedItem
from lab.moderation.models import ModerationAct
from lab.votes.models import Ballot, Cast, Tally
from tests.factories.challenges import a_challenge
from tests.factories.contributions import a_comment, an_idea, hide
from tests.factories.votes import support
from tests.imports.exports import SLUG, an_export, bring_in
from tests.racing import Gate, race

TABLES = (Person, Contribution, Cast, Tally, Ballot, ImportedItem, ModerationAct)


@pytest.fixture
def folder(app, tmp_path):
    statements = [(0, 0, "Se ve", 1), (1, 3, "No se ve", -1)]
    return an_export(tmp_path / "conversación", statements, [(0, 0, 1, 1), (0, 1, 2, -1)])


def rows() -> list[int]:
    return [db.session.execute(select(func.count()).select_from(table)).scalar_one() for table in TABLES]


def undo(actor=SYSTEM) -> bool:
    """Whether the challenge went too."""
    return removal(actor).challenge_gone


def removal(actor=SYSTEM) -> operations.Removal:
    with unit_of_work():
        return operations.undo_import(actor, queries.get_import(queries.list_imports()[0].id))


def imported_idea():
    items = queries.find_items(queries.list_imports()[0].id, Entity.STATEMENT, ["0"])
    return get_visible_idea(SYSTEM, items["0"])


def test_undo_removes_everything_and_the_challenge_it_made(folder):
    before = rows()
    bring_in(folder)
    assert undo() is True
    assert (rows(), find_challenge_id(SLUG)) == (before, None)


def test_undone_import_stays_on_record(folder):
    bring_in(folder)
    undo()
    [row] = queries.list_imports()
    assert (row.stands, row.challenge_slug, row.figures["casts"]) == (False, SLUG, 2)


def test_undo_leaves_a_challenge_that_stood_before(folder, author):
    challenge = a_challenge(slug=SLUG)
    idea = an_idea(challenge, author)
    before = rows()
    bring_in(folder)
    assert undo() is False
    assert rows() == before
    assert (get_visible_challenge(SYSTEM, SLUG).idea_count, get_visible_idea(author, idea.id).id) == (1, idea.id)


def test_undo_leaves_the_challenge_to_another_import(folder, tmp_path):
    bring_in(an_export(tmp_path / "otra", url="https://pol.is/otra"))
    bring_in(folder)
    assert undo() is False
    assert get_visible_challenge(SYSTEM, SLUG).idea_count == 3


def test_undo_counts_only_what_is_still_public(folder, moderator):
    a_challenge(slug=SLUG)
    bring_in(folder)
    hide(moderator, imported_idea().id)
    undo()
    assert get_visible_challenge(SYSTEM, SLUG).idea_count == 0


def test_import_runs_again_after_an_undo(folder):
    first = bring_in(folder)
    undo()
    assert bring_in(folder).stored == first.stored


@pytest.mark.parametrize("made", [True, False])
def test_undo_sent_twice_has_one_effect_and_one_answer(folder, made):
    if not made:
        a_challenge(slug=SLUG)
    bring_in(folder)
    first, before = removal(), rows()
    assert removal() == first
    assert (first.challenge_gone, first.figures["casts"], rows()) == (made, 2, before)


def test_many_who_undo_at_once_get_one_answer(app, folder):
    bring_in(folder)
    answers = race(app, [removal] * 4)
    assert all(answer == answers[0] for answer in answers)
    assert answers[0].challenge_gone


def test_without_waiting_for_each_other_the_undo_is_told_differently(app, folder, monkeypatch):
    gate = Gate(4)

    def read_and_wait(import_id):
        gate.wait()

    bring_in(folder)
    monkeypatch.setattr(operations, "_held", read_and_wait)
    answers = race(app, [removal] * 4)
    assert any(answer != answers[0] for answer in answers)


def test_undo_is_refused_when_a_member_commented(folder, member):
    a_challenge(slug=SLUG)
    bring_in(folder)
    a_comment(imported_idea(), member)
    before = rows()
    with pytest.raises(Conflict, match=r"comentaron \(1\)"):
        undo()
    assert rows() == before


def test_undo_is_refused_when_a_member_supports(folder, member):
    a_challenge(Phase.MAPPING, slug=SLUG)
    bring_in(folder)
    support(member, imported_idea())
    with pytest.raises(Conflict, match=r"apoyaron \(1\)"):
        undo()


def test_member_may_not_undo(folder, member):
    bring_in(folder)
    with pytest.raises(NotAllowed):
        undo(member)


def test_facilitator_undoes(folder, facilitator):
    bring_in(folder)
    assert undo(facilitator) is True
