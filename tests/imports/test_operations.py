"""Bringing a conversation in: once, whole, and with the totals of its last votes."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text

from lab.accounts.models import Person
from lab.challenges.queries import find_challenge_id, get_visible_challenge, get_visible_challenge_by_id
from lab.contributions.models import TITLE_LENGTH, Channel, Kind, State
from lab.contributions.queries import ListFilter, Order
from lab.core.actors import SYSTEM, Assurance
from lab.core.db import db, unit_of_work
from lab.core.errors import Conflict
from lab.ideas.queries import get_visible_idea, list_ideas
from lab.imports import operations, queries, runs
from lab.imports.models import Entity
from lab.imports.records import Origin
from lab.imports.statements import REJECTED, title_of
from lab.moderation.queries import find_last_reason
from lab.votes.queries import find_imported_result, list_miscounted
from tests.factories.challenges import a_challenge
from tests.imports.exports import BODIES, SLUG, an_export, bring_in

NOTHING = dict.fromkeys(runs.KINDS, 0)
VOTES = [(0, 0, 1, 1), (0, 0, 2, -1), (0, 1, 1, 0)]


@pytest.fixture
def folder(app, tmp_path):
    return an_export(tmp_path / "conversación", votes=VOTES)


def import_id() -> int:
    return queries.list_imports()[0].id


def statement(key: int):
    """The idea that a statement became."""
    return get_visible_idea(SYSTEM, queries.find_items(import_id(), Entity.STATEMENT, [str(key)])[str(key)])


def shares(key: int) -> tuple[int, ...]:
    result = find_imported_result(statement(key).id)
    return tuple(result.shares.values()) if result else ()


def with_votes(folder, *votes):
    """The same conversation, exported again with other votes."""
    return an_export(folder, votes=votes)


def test_new_slug_gets_a_draft_challenge_in_the_conversations_words(folder):
    bring_in(folder)
    challenge = get_visible_challenge(SYSTEM, SLUG)
    assert (challenge.title, challenge.published_at) == ("¿Cómo cuidamos el agua?", None)
    assert (challenge.summary, challenge.problem) == ("Entre todos, y a tiempo.", "Entre todos, y a tiempo.")
    assert challenge.idea_count == 3


def test_known_slug_keeps_its_own_words(folder):
    a_challenge(slug=SLUG, title="Como estaba")
    report = bring_in(folder)
    assert get_visible_challenge(SYSTEM, SLUG).title == "Como estaba"
    assert report.stored["challenges"] == 0


def test_statement_becomes_a_published_proposal_of_a_pseudonym(folder):
    bring_in(folder)
    idea = statement(0)
    assert (idea.kind, idea.state, idea.channel) == (Kind.PROPOSAL, State.PUBLISHED, Channel.IMPORT)
    assert (idea.title, idea.body, idea.author) == (BODIES[0], BODIES[0], "Participante 0")
    assert idea.published_at == datetime(2017, 7, 14, 2, 40, tzinfo=UTC)


def test_imported_people_are_guests_without_key_or_address(folder):
    bring_in(folder)
    people = db.session.execute(select(Person.assurance, Person.guest_key, Person.email)).all()
    assert [tuple(person) for person in people] == [(Assurance.GUEST, None, None)] * 3


def test_imported_statement_is_found_by_search(folder):
    bring_in(folder)
    found = list_ideas(SYSTEM, find_challenge_id(SLUG), ListFilter(words="pozo"), Order.NEWEST).rows
    assert [row.title for row in found] == [BODIES[0]]


def test_long_statement_has_its_first_words_as_title(app, tmp_path):
    body = "palabra " * 100
    bring_in(an_export(tmp_path / "larga", [(0, 0, body, 1)]))
    idea = statement(0)
    assert idea.body == body.strip()
    assert idea.title == "palabra " * 18 + "palabra palabra…"
    assert len(title_of("a" * 500)) == TITLE_LENGTH


def test_rejected_statement_is_hidden_with_a_reason_and_keeps_its_votes(app, tmp_path):
    folder = an_export(tmp_path / "moderada", [(0, 0, "Se ve", 1), (1, 0, "No se ve", -1)], [(0, 1, 5, 1)])
    bring_in(folder)
    hidden = statement(1)
    assert (hidden.state, find_last_reason(hidden.id)) == (State.HIDDEN, REJECTED)
    assert get_visible_challenge(SYSTEM, SLUG).idea_count == 1
    assert shares(1) == (1, 0, 0)


def test_votes_become_shares_and_no_support(folder):
    bring_in(folder)
    assert [shares(0), shares(1), shares(2)] == [(1, 1, 0), (0, 0, 1), ()]
    assert statement(0).support == 0


def test_last_vote_of_a_person_on_a_statement_counts(folder):
    report = bring_in(with_votes(folder, (1, 0, 7, 1), (3, 0, 7, -1), (2, 0, 7, 0)))
    assert shares(0) == (0, 1, 0)
    assert (report.stored["casts"], report.skipped["earlier_vote"]) == (1, 2)


@pytest.mark.parametrize("size", [1, 2, 1000])
def test_last_vote_counts_however_the_log_is_cut(folder, monkeypatch, size):
    monkeypatch.setattr(runs, "VOTES_A_BATCH", size)
    log = [(1, 0, 7, 1), (2, 0, 7, -1), (1, 1, 7, 1), (5, 0, 7, 0), (4, 0, 7, 1), (5, 1, 7, 1), (2, 1, 7, -1)]
    report = bring_in(with_votes(folder, *log))
    assert (shares(0), shares(1)) == ((0, 0, 1), (1, 0, 0))
    assert (report.stored["casts"], report.stored["replaced"], report.skipped["earlier_vote"]) == (2, 0, 5)
    assert list_miscounted() == []


@pytest.mark.parametrize("size", [1, 1000])
def test_of_two_votes_at_one_instant_the_later_in_the_log_counts(folder, monkeypatch, size):
    monkeypatch.setattr(runs, "VOTES_A_BATCH", size)
    with_votes(folder, (1, 0, 7, 1), (1, 0, 7, -1))
    bring_in(folder)
    assert bring_in(folder).stored == NOTHING
    assert shares(0) == (0, 1, 0)


def test_duplicated_votes_count_once(folder):
    report = bring_in(with_votes(folder, *[(1, 0, 7, 1)] * 4))
    assert (shares(0), report.stored["casts"]) == ((1, 0, 0), 1)


def test_second_run_stores_nothing(folder):
    bring_in(folder)
    report = bring_in(folder)
    assert report.stored == NOTHING
    assert report.skipped["already_stored"] == 6
    assert get_visible_challenge(SYSTEM, SLUG).idea_count == 3


def test_newer_export_adds_and_changes_only_what_is_new(folder):
    bring_in(folder)
    statements = [*[(number, 0, body, 1) for number, body in enumerate(BODIES)], (3, 9, "Nueva", 1)]
    stored = bring_in(an_export(folder, statements, [*VOTES, (9, 0, 1, -1), (9, 2, 8, 1)])).stored
    assert stored == NOTHING | {"people": 2, "statements": 1, "casts": 1, "replaced": 1}
    assert (shares(0), list_miscounted()) == ((0, 2, 0), [])


def test_bad_rows_are_told_and_the_others_stored(folder):
    report = bring_in(with_votes(folder, (1, 0, 7, 1), (1, 0, 8, 5), (1, 99, 7, 1)))
    assert [(problem.file, problem.line) for problem in report.problems] == [("votes.csv", 3), ("votes.csv", 4)]
    assert (report.read["votes"], report.stored["casts"], report.skipped.total()) == (3, 1, 2)


def test_two_conversations_share_a_challenge_without_mixing(folder, tmp_path):
    bring_in(folder)
    bring_in(an_export(tmp_path / "otra", votes=VOTES, url="https://pol.is/otra"))
    assert [row.figures for row in queries.list_imports()] == [{"people": 3, "statements": 3, "casts": 3}] * 2
    assert get_visible_challenge(SYSTEM, SLUG).idea_count == 6


def test_second_import_at_once_is_refused(folder):
    with (
        operations.claim(Origin("polis", "https://pol.is/prueba"), SLUG),
        pytest.raises(Conflict, match="está en marcha"),
    ):
        bring_in(folder)
    assert bring_in(folder).stored["statements"] == 3


def test_interrupted_import_says_so_until_it_is_completed(folder, monkeypatch):
    monkeypatch.setattr(operations, "store_votes", interrupt)
    with pytest.raises(KeyboardInterrupt):
        bring_in(folder)
    assert queries.list_imports()[0].finished_at is None
    monkeypatch.undo()
    bring_in(folder)
    assert queries.list_imports()[0].finished_at is not None


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_hostile_texts_are_stored_as_texts(app, tmp_path):
    body = '=HYPERLINK("http://x") <img src=x onerror=alert(1)> \u202eoculto\u0000'
    bring_in(an_export(tmp_path / "hostil", [(0, 0, body, 1)]))
    assert statement(0).body == '=HYPERLINK("http://x") <img src=x onerror=alert(1)> oculto'


def test_batch_after_an_undo_is_refused(folder):
    bring_in(folder)
    challenge = get_visible_challenge_by_id(SYSTEM, find_challenge_id(SLUG))
    with unit_of_work():
        run = operations.start_import(SYSTEM, Origin("polis", "https://pol.is/prueba"), challenge, False, "es")
    with unit_of_work():
        operations.undo_import(SYSTEM, queries.get_import(run.id))
    with pytest.raises(Conflict, match="ya se deshizo"), unit_of_work():
        operations.store_votes(SYSTEM, run, [], 0)
    assert db.session.execute(text("select count(*) from people")).scalar_one() == 0
