"""What something that opens or closes tells: the day for those who cannot hover, and how far it is."""

from datetime import UTC, datetime, timedelta

import pytest

from lab.core.dates import ZONE, deadline


@pytest.fixture(autouse=True)
def _a_page(app):
    with app.test_request_context("/", headers={"Accept-Language": "es"}):
        yield


def told(ahead: timedelta) -> tuple[str, datetime]:
    moment = datetime.now(UTC) + ahead
    return deadline(moment).striptags(), moment.astimezone(ZONE)


def test_far_deadline_is_a_day_and_a_distance():
    words, local = told(timedelta(days=21, hours=3))
    assert words.startswith(f"{local.day} de ")
    assert words.endswith(f" de {local.year} (dentro de 3 semanas)")


def test_near_deadline_says_the_hour_too():
    words, local = told(timedelta(hours=5, minutes=30))
    assert f"{local:%H:%M} (dentro de" in words


def test_deadline_that_passed_says_so():
    words, _ = told(timedelta(days=-40))
    assert "(hace 1 mes)" in words
