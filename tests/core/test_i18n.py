"""Which language a page speaks, and how it writes numbers and days."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask, g

from lab.core import dates
from lab.core.i18n import current_language, locale_for_formatting

EVENING = datetime(2026, 12, 5, 2, 30, tzinfo=UTC)  # 22:30 of the day before in La Paz


def language_for(app: Flask, wishes: str = "", cookie: str = "") -> str:
    headers = {"Accept-Language": wishes} if wishes else {}
    if cookie:
        headers["Cookie"] = f"language={cookie}"
    with app.test_request_context("/", headers=headers):
        return current_language()


@pytest.fixture
def speaking(app):
    """`speaking(language)`: inside a page of that language."""

    def page(language: str):
        context = app.test_request_context("/")
        context.push()
        g.language = language
        return context

    pages = []
    yield lambda language: pages.append(page(language))
    for context in reversed(pages):
        context.pop()


@pytest.mark.parametrize(
    ("wishes", "cookie", "spoken"),
    [
        ("", "", "es"),
        ("en", "", "en"),
        ("en-GB,en;q=0.9", "", "en"),
        ("de,fr;q=0.8", "", "es"),
        ("de,en;q=0.5", "", "en"),
        ("es-BO,en;q=0.9", "", "es"),
        ("en;q=0,es;q=0.1", "", "es"),
        ("en;q=0", "", "es"),
        ("en;q=0.2,es-419;q=0.8", "", "es"),
        ("en", "es", "es"),
        ("es", "en", "en"),
        ("en", "qu", "en"),
        ("", "xx", "es"),
        ("", "../../etc", "es"),
        ("*", "", "es"),
        ("x" * 5000, "", "es"),
    ],
)
def test_the_choice_beats_the_wish_and_what_is_not_offered_is_spanish(session_app, wishes, cookie, spoken):
    assert language_for(session_app, wishes, cookie) == spoken


def test_outside_a_request_spanish_is_spoken(app):
    assert current_language() == "es"


@pytest.mark.parametrize(
    ("language", "locale"),
    [("es", "es_BO"), ("en", "en_GB"), ("qu", "qu_BO"), ("ay", "es_BO"), ("gn", "es_BO"), ("xx", "es_BO")],
)
def test_numbers_and_dates_are_written_as_in_bolivia(language, locale):
    assert str(locale_for_formatting(language)) == locale


@pytest.mark.parametrize(
    ("language", "written"), [("es", "1.234.567"), ("en", "1,234,567"), ("ay", "1.234.567"), ("gn", "1.234.567")]
)
def test_large_numbers_are_grouped_as_the_language_does(speaking, language, written):
    speaking(language)
    assert dates.number(1234567) == written


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("es", "4 de diciembre de 2026"),
        ("en", "4 December 2026"),
        ("qu", "04/12/2026"),
        ("ay", "04/12/2026"),
        ("gn", "04/12/2026"),
    ],
)
def test_a_day_has_a_name_where_the_language_agreed_on_one(speaking, language, written):
    speaking(language)
    assert dates.day(date(2026, 12, 4)) == dates.day(EVENING) == written


def test_a_moment_is_told_in_the_time_of_la_paz(speaking):
    speaking("es")
    drawn = dates.when(EVENING)
    assert 'datetime="2026-12-04T22:30-04:00"' in drawn
    assert 'title="4 de diciembre de 2026, 22:30"' in drawn


@pytest.mark.parametrize(
    ("ago", "told"),
    [
        (timedelta(days=3, minutes=30), "hace 3 días"),
        (timedelta(minutes=185), "hace 3 horas"),
        (timedelta(days=-3, minutes=-30), "dentro de 3 días"),
        (timedelta(minutes=-185), "dentro de 3 horas"),
    ],
)
def test_a_moment_is_told_by_how_long_ago_it_was(speaking, ago, told):
    speaking("es")
    assert told in dates.when(datetime.now(UTC) - ago)


@pytest.mark.parametrize("seconds", [0, 1, 10, 59, 61, 600, 3599, 3601, 7200, 86_399, 86_401, 10_000_000])
def test_what_was_is_never_told_as_to_come(speaking, seconds):
    speaking("es")
    assert ">hace " in dates.when(datetime.now(UTC) - timedelta(seconds=seconds))
    assert ">dentro de " in dates.when(datetime.now(UTC) + timedelta(seconds=seconds + 5))


def test_a_day_begins_at_midnight_in_la_paz():
    assert dates.local_day(EVENING) == date(2026, 12, 4)
    assert dates.local_day(EVENING + timedelta(hours=1, minutes=30)) == date(2026, 12, 5)
