"""The form of a ballot: days that can be meant, in Bolivian time."""

import pytest

from tests.factories.challenges import a_challenge
from tests.factories.votes import the_ballot


@pytest.fixture
def page(client, facilitator):
    client.sign_in(facilitator)
    return lambda challenge, **typed: client.write(f"/manage/challenges/{challenge.slug}/ballot", **typed)


@pytest.mark.parametrize("year", ["0026", "1999", "2101", "9999"])
@pytest.mark.parametrize("edge", ["opens_at", "closes_at"])
def test_year_that_nobody_means_is_refused_at_its_field(page, edge, year):
    challenge = a_challenge()
    answer = page(challenge, **{edge: f"{year}-12-31T23:59"})
    assert "Escriba un año entre 2000 y 2100." in answer.text
    assert f'id="{edge}-error"' in answer.text
    assert getattr(the_ballot(challenge), edge) is None


@pytest.mark.parametrize("typed", ["2000-01-01T00:00", "2100-12-31T23:59"])
def test_first_and_last_day_are_taken(page, typed):
    challenge = a_challenge()
    assert page(challenge, closes_at=typed).status_code == 303
    assert the_ballot(challenge).closes_at is not None
