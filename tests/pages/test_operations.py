"""The demonstration: brought and removed as a whole, true in its counts, marked everywhere."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from lab.challenges.queries import ChallengeFilter, list_public_challenges
from lab.core.actors import SYSTEM, Actor
from lab.core.db import db, unit_of_work
from lab.core.errors import NotAllowed
from lab.pages.cli import ensure_first_content
from lab.pages.operations import load_demonstration, remove_demonstration
from lab.pages.queries import list_demo_challenges
from lab.votes.queries import list_miscounted
from tests.factories.challenges import a_challenge

COUNTS = text("""
    select (select count(*) from challenges), (select count(*) from contributions), (select count(*) from casts),
      (select count(*) from people), (select count(*) from comments)
""")
CONTENT = text("""
    select c.title, c.kind, c.state, c.support, c.comment_count, p.display_name
    from contributions c join people p on p.id = c.author_id order by c.id
""")


def load(now: datetime | None = None) -> list[str]:
    with unit_of_work():
        return load_demonstration(SYSTEM, now or datetime.now(UTC))


def remove() -> int:
    with unit_of_work():
        return remove_demonstration(SYSTEM)


def rows(query):
    return db.session.execute(query).all()


def one(sql: str) -> int:
    return db.session.execute(text(sql)).scalar_one()


def challenges() -> list:
    return list_public_challenges(ChallengeFilter()).rows


def test_it_stands_in_three_phases_and_is_marked(app):
    load()
    assert {each.stage.phase for each in challenges()} == {"exploration", "mapping", "experimentation"}
    assert all(each.demonstration for each in challenges())
    assert one("select count(*) from people where not demonstration") == 0


def test_its_tallies_equal_a_recount(app):
    load()
    assert list_miscounted() == []
    assert one("select count(*) from casts") > 1000
    for each in challenges():
        told = (each.idea_count, each.comment_count, each.support_count)
        assert told == tuple(rows(_recount(each.id))[0])


def test_its_days_lie_in_the_past_and_answers_come_after_what_they_answer(app):
    load()
    assert one("select count(*) from contributions where created_at > now() or published_at > now()") == 0
    assert one("select count(*) from casts k join contributions c on c.id = option_id where cast_at < created_at") == 0
    assert (
        one("""
        select count(*) from comments k join contributions c on c.id = k.id
        join contributions before on before.id = coalesce(k.parent_id, k.target_id)
        where c.created_at <= before.created_at
    """)
        == 0
    )


def test_one_is_hidden_and_one_withdrawn_and_neither_is_found(app):
    load()
    gone = "select count(*) from contributions where state in ('hidden', 'withdrawn')"
    assert one(gone) == 2
    assert one(f"{gone} and id in (select contribution_id from search_documents)") == 0
    assert one("select count(*) from moderation_acts where reason <> '' and acted_at < now()") == 1


def test_twice_is_once(app):
    assert len(load()) == len(list_demo_challenges())
    before = rows(COUNTS)
    assert load() == []
    assert rows(COUNTS) == before


def test_it_is_the_same_everywhere(app):
    now = datetime.now(UTC)
    load(now)
    first = rows(CONTENT)
    remove()
    load(now + timedelta(days=3))
    assert rows(CONTENT) == first


def test_it_goes_as_a_whole_and_leaves_the_rest(app):
    kept = a_challenge()
    before = rows(COUNTS)
    load()
    assert remove() == 3
    assert rows(COUNTS) == before
    assert [each.id for each in challenges()] == [kept.id]


def test_nobody_but_the_system_brings_or_removes_it(administrator, stranger):
    for actor in (administrator, stranger, Actor()):
        with pytest.raises(NotAllowed), unit_of_work():
            load_demonstration(actor, datetime.now(UTC))
        with pytest.raises(NotAllowed), unit_of_work():
            remove_demonstration(actor)


def test_first_start_brings_it_and_later_ones_do_not(app):
    ensure_first_content(demo=True)
    assert len(challenges()) == 3
    remove()
    a_challenge()
    ensure_first_content(demo=True)
    assert len(challenges()) == 1


def test_removed_demonstration_stays_away_from_later_starts(app):
    ensure_first_content(demo=True)
    remove()
    ensure_first_content(demo=True)
    assert challenges() == []
    assert len(load()) == 3  # asked for by name it comes


def test_first_start_without_demonstration_brings_legal_texts_only(app):
    ensure_first_content(demo=False)
    assert challenges() == []
    assert one("select count(distinct key) from legal_texts") == 4


def _recount(challenge_id: int):
    return text("""
        select count(*) filter (where c.kind <> 'comment'),
          count(*) filter (where c.kind = 'comment' and target.state = 'published'),
          coalesce(sum(c.support), 0)
        from contributions c left join comments k on k.id = c.id
        left join contributions target on target.id = k.target_id
        where c.challenge_id = :id and c.state = 'published'
    """).bindparams(id=challenge_id)
