"""Home, about, and the note for robots."""

import pytest

from lab.challenges.phases import Phase
from tests.factories.challenges import a_challenge, moved


def test_home_leads_to_the_open_challenges(client):
    a_challenge(title="Agua que avisa")
    moved(a_challenge(title="Ya terminó"), None)
    page = client.get("/").text
    assert "Ahora mismo" in page
    assert "Agua que avisa" in page
    assert "Ya terminó" not in page


def test_home_without_an_open_challenge_shows_the_last_ones(client):
    moved(a_challenge(title="Ya terminó"), None)
    page = client.get("/").text
    assert "Los últimos retos" in page
    assert "Ya terminó" in page


def test_home_of_an_empty_lab_says_so(client):
    assert "Todavía no hay retos" in client.get("/").text


def test_home_shows_at_most_five_and_a_way_to_the_rest(client):
    for _ in range(7):
        a_challenge(Phase.MAPPING)
    page = client.get("/").text
    assert page.count("<article") == 5
    assert "Ver todos los retos" in page


def test_home_makes_one_query(client, counted_queries):
    a_challenge()
    with counted_queries() as seen:
        client.get("/")
    assert len(seen) == 1, str(seen)


@pytest.mark.parametrize(("language", "title"), [("es", "Acerca de este laboratorio"), ("en", "About this lab")])
def test_about_speaks_the_language_of_the_page(client, language, title):
    page = client.get("/about", headers={"Accept-Language": language}).text
    assert f"<h1>{title}</h1>" in page
    assert page.count("<h1>") == 1
    assert "<h2>" in page


def test_robots_are_kept_from_the_staffs_pages(client):
    answer = client.get("/robots.txt")
    assert answer.mimetype == "text/plain"
    assert "Disallow: /manage" in answer.text
