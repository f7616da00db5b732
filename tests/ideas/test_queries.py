"""Lists of ideas: every order visits everything once, search forgets accents, what left the public is gone."""

from collections import Counter
from datetime import date, timedelta

import pytest

from lab.contributions.models import SHUFFLE_RING, Kind
from lab.contributions.queries import PAGE_SIZE, ListFilter, Order, count_published, shuffle_start
from lab.core.db import unit_of_work
from lab.core.errors import Invalid
from lab.ideas.operations import IdeaText, edit_idea, withdraw_idea
from lab.ideas.queries import list_ideas
from tests.factories.challenges import a_challenge
from tests.factories.contributions import an_idea, hide, many_ideas, restore

EVERYTHING = ListFilter()
STARTS = [0, 1, SHUFFLE_RING // 3, SHUFFLE_RING - 1]


@pytest.fixture
def challenge(app):
    return a_challenge(categories=("Agua", "Luz"))


@pytest.fixture
def page_of(stranger):
    """`page_of(challenge, chosen, order, ...)` as somebody who never took part sees it."""

    def read(challenge, chosen=EVERYTHING, order=Order.NEWEST, cursor=None, start=0):
        return list_ideas(stranger, challenge.id, chosen, order, cursor, start)

    return read


def walk(page_of, challenge, order, start=0):
    """The ids of all pages, one after the other."""
    seen, cursor = [], None
    while True:
        page = page_of(challenge, EVERYTHING, order, cursor, start)
        seen += [row.id for row in page.rows]
        if (cursor := page.next_cursor) is None:
            return seen


def titles(page) -> set[str]:
    return {row.title for row in page.rows}


@pytest.mark.parametrize("number", [0, 1, PAGE_SIZE, PAGE_SIZE + 1, 3 * PAGE_SIZE])
@pytest.mark.parametrize("order", Order)
def test_paging_visits_every_idea_exactly_once(page_of, author, challenge, order, number):
    ids = many_ideas(challenge, author, number, supports=[2, 0, 2, 1]) if number else []
    seen = walk(page_of, challenge, order, start=SHUFFLE_RING // 3)
    assert sorted(seen) == sorted(ids)
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("start", STARTS)
def test_the_ring_is_walked_once_from_wherever_it_begins(page_of, author, challenge, start):
    ids = many_ideas(challenge, author, 2 * PAGE_SIZE + 5)
    assert sorted(walk(page_of, challenge, Order.SHUFFLED, start)) == sorted(ids)


def test_newest_first_and_of_one_instant_the_later_first(page_of, author, challenge):
    ids = many_ideas(challenge, author, 30)
    assert walk(page_of, challenge, Order.NEWEST) == sorted(ids, reverse=True)


@pytest.mark.parametrize(("order", "column"), [(Order.SUPPORT, "support"), (Order.DISCUSSION, "comment_count")])
def test_the_most_supported_and_discussed_come_first(page_of, author, challenge, order, column):
    many_ideas(challenge, author, 15, supports=[3, 1, 2])
    counts = [getattr(row, column) for row in page_of(challenge, order=order).rows]
    assert counts == sorted(counts, reverse=True)


def test_an_idea_published_meanwhile_moves_no_page(page_of, author, challenge):
    many_ideas(challenge, author, PAGE_SIZE + 5)
    first = page_of(challenge)
    an_idea(challenge, author)
    second = page_of(challenge, cursor=first.next_cursor)
    assert len(second.rows) == 5
    assert not {row.id for row in first.rows} & {row.id for row in second.rows}


@pytest.mark.parametrize("cursor", ["x", "WzFd", "bnVsbA", "W10"])
@pytest.mark.parametrize("order", Order)
def test_a_forged_cursor_is_refused(page_of, challenge, order, cursor):
    with pytest.raises(Invalid):
        page_of(challenge, order=order, cursor=cursor)


@pytest.mark.parametrize("far", [2**62 - 1, -(2**62) + 1])
@pytest.mark.parametrize("order", Order)
def test_a_cursor_of_absurd_numbers_breaks_nothing(page_of, author, challenge, order, far):
    from lab.core.paging import encode_cursor

    many_ideas(challenge, author, 3)
    try:
        page = page_of(challenge, order=order, cursor=encode_cursor((far, far)))
    except Invalid:
        return
    assert len(page.rows) <= 3


def test_a_visitor_keeps_the_order_all_day_and_gets_another_tomorrow():
    today = date(2026, 12, 1)
    assert shuffle_start("visitor", today) == shuffle_start("visitor", today)
    assert shuffle_start("visitor", today) != shuffle_start("visitor", today + timedelta(days=1))
    assert shuffle_start("visitor", today) != shuffle_start("other", today)


def test_every_idea_has_about_the_same_chance_of_the_first_page(page_of, author, challenge):
    ids, visits = many_ideas(challenge, author, 10 * PAGE_SIZE), 300
    shown: Counter[int] = Counter()
    for visit in range(visits):
        start = shuffle_start(f"visitor {visit}", date(2026, 12, 1))
        shown.update(row.id for row in page_of(challenge, order=Order.SHUFFLED, start=start).rows)
    fair = visits * PAGE_SIZE / len(ids)
    assert set(shown) == set(ids)
    assert 0.4 * fair < min(shown.values())
    assert max(shown.values()) < 2 * fair


@pytest.mark.parametrize(
    ("written", "sought"),
    [
        ("Educación técnica", "educacion"),
        ("educacion tecnica", "EDUCACIÓN"),
        ("Pozos de agua", "pozo"),
        ("Ñandú en el cerro", "nandu"),
        ("P'unchay raymi", "p\u2019unchay"),
        ("P\u02bcunchay raymi", "p'unchay"),
        ("P\u2019unchay raymi", "p\u00b4unchay"),
        ("Agua potable para el barrio", "barrio agua"),
        ("Agua potable para el barrio", '"agua potable"'),
    ],
)
def test_search_forgets_accents_case_and_kinds_of_apostrophe(page_of, author, challenge, written, sought):
    an_idea(challenge, author, title=written)
    an_idea(challenge, author, title="Otra cosa")
    chosen = ListFilter(words=sought)
    assert titles(page_of(challenge, chosen)) == {written}
    assert count_published(challenge.id, chosen).number == 1


def test_search_reads_the_text_as_well_as_the_title(page_of, author, challenge):
    an_idea(challenge, author, title="Un título", body="Los caudales del río")
    assert titles(page_of(challenge, ListFilter(words="caudal"))) == {"Un título"}


def test_search_finds_the_words_of_the_newest_version_only(page_of, author, challenge):
    idea = an_idea(challenge, author, title="Faroles")
    with unit_of_work():
        edit_idea(author, idea, IdeaText("Bombillas", "nuevas"))
    assert titles(page_of(challenge, ListFilter(words="faroles"))) == set()
    assert titles(page_of(challenge, ListFilter(words="bombillas"))) == {"Bombillas"}


@pytest.mark.parametrize("words", ["'", '"', "-", "' or 1=1 --", "a & | !", ":*", "(((", "\\", "%_", "a" * 5000])
def test_odd_searches_find_nothing_and_break_nothing(page_of, author, challenge, words):
    an_idea(challenge, author)
    assert page_of(challenge, ListFilter(words=words)).rows == []


@pytest.mark.parametrize("words", ["\x00", "\u200b\u202e", "  "])
def test_a_search_for_nothing_visible_is_no_search(page_of, author, challenge, words):
    an_idea(challenge, author)
    assert len(page_of(challenge, ListFilter(words=words)).rows) == 1


def test_search_stays_inside_its_challenge(page_of, author, challenge):
    an_idea(a_challenge(), author, title="Caudales")
    assert page_of(challenge, ListFilter(words="caudales")).rows == []


def test_a_list_is_narrowed_by_kind_category_and_department(page_of, author, challenge):
    water, light = (category.id for category in challenge.categories)
    an_idea(challenge, author, title="A", category_id=water, territory_code="02")
    an_idea(challenge, author, title="B", category_id=light, territory_code="020101")
    an_idea(challenge, author, Kind.NEED, title="C", territory_code="07")
    assert titles(page_of(challenge, ListFilter(kind="need"))) == {"C"}
    assert titles(page_of(challenge, ListFilter(category_id=water))) == {"A"}
    assert titles(page_of(challenge, ListFilter(department="02"))) == {"A", "B"}
    assert titles(page_of(challenge, ListFilter(department="02", category_id=light))) == {"B"}


@pytest.mark.parametrize("chosen", [ListFilter(kind="comment"), ListFilter(kind="x"), ListFilter(department="'")])
def test_an_unknown_filter_finds_nothing(page_of, author, challenge, chosen):
    an_idea(challenge, author, territory_code="02")
    assert page_of(challenge, chosen).rows == []


def test_what_left_the_public_is_gone_from_lists_search_and_counts(page_of, author, moderator, challenge):
    hidden = an_idea(challenge, author, title="Oculta")
    withdrawn = an_idea(challenge, author, title="Retirada")
    an_idea(challenge, author, title="Borrador", draft=True)
    hide(moderator, hidden.id)
    with unit_of_work():
        withdraw_idea(author, withdrawn)
    for order in Order:
        assert page_of(challenge, order=order).rows == []
    for word in ("oculta", "retirada", "borrador"):
        assert page_of(challenge, ListFilter(words=word)).rows == []
    assert count_published(challenge.id, EVERYTHING).number == 0


def test_what_is_restored_is_found_again(page_of, author, moderator, challenge):
    idea = an_idea(challenge, author, title="Caudales")
    hide(moderator, idea.id)
    restore(moderator, idea.id)
    assert titles(page_of(challenge, ListFilter(words="caudal"))) == {"Caudales"}


def test_a_page_of_ideas_is_one_query(page_of, author, challenge, counted_queries):
    many_ideas(challenge, author, 3 * PAGE_SIZE)
    with counted_queries() as seen:
        page_of(challenge)
    assert len(seen) == 1, str(seen)
