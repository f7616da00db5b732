"""The doors of challenges: what readers see and what facilitators can do with plain forms."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from lab.challenges import queries
from lab.challenges.phases import Activity, Override, Phase
from lab.challenges.queries import ChallengeView, find_challenge_id, get_visible_challenge
from lab.core.actors import SYSTEM, Assurance, Role
from lab.core.dates import ZONE
from tests.factories.challenges import a_challenge, again, moved
from tests.factories.people import a_staff_member

TEXT = {"title": "Agua que avisa", "summary": "Saber a tiempo.", "sector": "agua", "territory_code": ""}
LINK = {"text": "El plan", "address": "https://example.org/plan"}


@pytest.fixture
def desk(client, facilitator):
    """The browser of a facilitator."""
    client.sign_in(facilitator)
    return client


def stored(slug: str) -> ChallengeView:
    return get_visible_challenge(SYSTEM, slug)


def send_dates(desk, challenge: ChallengeView, dates: dict[str, str]):
    """Sends the form as a browser does, with every field in it."""
    empty = {f"{phase}_{edge}": "" for phase in Phase for edge in ("start", "end")}
    return desk.write(f"/manage/challenges/{challenge.slug}/phases", **empty | dates)


def local(days: int) -> str:
    return (datetime.now(ZONE) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M")


# The public pages.


def test_list_shows_public_challenges_and_counts_them_in_words(client):
    a_challenge(title="Fichas sin fila")
    a_challenge(title="En secreto", published=False)
    page = client.get("/challenges").text
    assert "Fichas sin fila" in page
    assert "1 reto" in page
    assert "En secreto" not in page


def test_list_is_narrowed_by_its_address(client):
    a_challenge(Phase.MAPPING, title="Educación rural")
    a_challenge(Phase.EXPLORATION, title="Agua")
    page = client.get("/challenges?phase=mapping&q=educacion").text
    assert "Educación rural" in page
    assert "1 reto con lo que busca" in page


@pytest.mark.parametrize("query", ["phase=nada", "sector=nada", "department=%25", "q=zzz"])
def test_filter_that_finds_nothing_says_so(client, query):
    a_challenge()
    answer = client.get(f"/challenges?{query}")
    assert answer.status_code == 200
    assert "No hay retos con lo que busca" in answer.text


def test_list_of_an_empty_lab_says_so(client):
    assert "Todavía no hay retos" in client.get("/challenges").text


def test_page_invites_to_what_the_phase_asks_for(client):
    challenge = a_challenge(Phase.EXPLORATION)
    page = client.get(f"/challenges/{challenge.slug}").text
    assert f'class="button" href="/challenges/{challenge.slug}/ideas/new?kind=finding"' in page
    assert f"/challenges/{challenge.slug}/ideas/new?kind=need" in page
    assert "kind=proposal" not in page
    assert "Puede participar sin crear una cuenta." in page


@pytest.mark.parametrize(
    ("phase", "label"),
    [
        (Phase.EXPLORATION, "Contar lo que observo"),
        (Phase.MAPPING, "Proponer una idea"),
        (Phase.EXPERIMENTATION, "Comentar y apoyar"),
        (Phase.ADOPTION, "Leer y comentar los aportes"),
    ],
)
def test_strong_button_does_what_the_sentence_of_the_phase_asks(client, phase, label):
    page = client.get(f"/challenges/{a_challenge(phase).slug}").text
    (strong,) = re.findall(r'<a class="button" href="[^"]*"[^>]*>([^<]*)</a>', page)
    assert strong == label


def test_closing_and_opening_are_told_by_day_and_distance(client):
    running, coming = a_challenge(title="Ahora"), a_challenge(None, title="Después")
    for address in ("/challenges", f"/challenges/{running.slug}"):
        assert re.search(
            r"Cierra el <time [^>]*>\d+ de \w+ de \d{4}</time> \(dentro de \d+ \w+\)", client.get(address).text
        )
    for address in ("/challenges", f"/challenges/{coming.slug}"):
        assert re.search(
            r"Abre el <time [^>]*>\d+ de \w+ de \d{4}</time> \(dentro de \d+ \w+\)", client.get(address).text
        )


def test_words_in_another_language_than_the_page_say_so(client):
    challenge = a_challenge(problem="El pozo.", learning_questions=["¿Cuándo?"], links=[LINK], published=True)
    moved(challenge, Phase.MAPPING)
    english = {"Accept-Language": "en"}
    card = client.get("/challenges", headers=english).text
    assert re.search(r'<a href="[^"]+" lang="es">Agua que avisa</a>', card)
    assert '<p class="challenge-summary" lang="es">Saber a tiempo.' in card
    page = client.get(f"/challenges/{challenge.slug}", headers=english).text
    for words in ("Agua que avisa", "Saber a tiempo.", "<p>El pozo.", "<ol><li>¿Cuándo?", "Así lo decidió el equipo."):
        assert re.search(rf'lang="es">{re.escape(words)}', page), words
    assert (
        'lang="es">'
        not in client.get(f"/challenges/{challenge.slug}").text.partition("<main")[2].partition("</main")[0]
    )


def test_list_that_goes_on_has_a_way_to_the_rest_that_keeps_the_filter(client, monkeypatch):
    monkeypatch.setattr(queries, "LIST_LIMIT", 1)
    queries._public.cache_clear()
    for title in ("Agua uno", "Agua dos"):
        a_challenge(title=title)
    first = client.get("/challenges?q=agua").text
    assert "2 retos con lo que busca" in first
    (rest,) = re.findall(r'href="(/challenges\?q=agua&amp;after=[^"]+)"', first)
    assert "Agua uno" in client.get(rest.replace("&amp;", "&")).text
    assert client.get("/challenges?after=nada").status_code == 422
    queries._public.cache_clear()


def test_page_says_when_an_account_is_needed(client):
    rules = [Override(activity, None, None, Assurance.ACCOUNT) for activity in Activity]
    page = client.get(f"/challenges/{a_challenge(overrides=rules).slug}").text
    assert "Para participar en este reto necesita una cuenta." in page


def test_closed_challenge_invites_to_nothing_and_tells_who_closed_it_and_why(client):
    challenge = moved(a_challenge(), None)
    page = client.get(f"/challenges/{challenge.slug}").text
    assert "Este reto terminó." in page
    assert "Así lo decidió el equipo." in page
    assert "ideas/new" not in page


def test_page_can_be_shared(client):
    challenge = a_challenge(summary="Saber a tiempo & sin <filas>.")
    page = client.get(f"/challenges/{challenge.slug}").text
    assert f'<meta property="og:url" content="http://127.0.0.1:8000/challenges/{challenge.slug}">' in page
    assert '<meta property="og:title" content="Agua que avisa">' in page
    assert 'content="Saber a tiempo &amp; sin &lt;filas&gt;."' in page
    assert "https://wa.me/?text=Agua%20que%20avisa" in page


def test_links_of_a_challenge_give_nothing_away(client):
    challenge = a_challenge(links=[{"text": "El plan", "address": "https://example.org/plan"}])
    page = client.get(f"/challenges/{challenge.slug}").text
    assert '<a href="https://example.org/plan" rel="nofollow ugc noopener">El plan</a>' in page


def test_demonstration_is_marked(client):
    page = client.get(f"/challenges/{a_challenge(demonstration=True).slug}").text
    assert "Demostración, no oficial" in page


def test_draft_is_a_404_for_readers_and_marked_for_those_who_run_it(client, another_client, facilitator):
    draft = a_challenge(published=False)
    assert client.get(f"/challenges/{draft.slug}").status_code == 404
    another_client.sign_in(facilitator)
    assert "Este reto es un borrador" in another_client.get(f"/challenges/{draft.slug}").text


def test_band_is_drawn_once_for_ever(client):
    answer = client.get("/bands/agua-que-avisa.svg")
    assert answer.mimetype == "image/svg+xml"
    assert "immutable" in answer.headers["Cache-Control"]
    assert "Set-Cookie" not in answer.headers
    assert client.get(f"/bands/{'a' * 81}.svg").status_code == 404


# The manage screens.


def test_manage_is_closed_to_members(client, member):
    client.sign_in(member)
    assert client.get("/manage").status_code == 403
    assert client.write("/manage/challenges/new", **TEXT).status_code == 403


def test_manage_tells_the_next_step_of_each_challenge(desk):
    desk.write("/manage/challenges/new", **TEXT)
    a_challenge(title="Lista para salir", published=False)
    page = desk.get("/manage").text
    assert "Poner las fechas" in page
    assert "Revisar y publicar" in page


def test_staff_of_another_challenge_do_not_find_this_one(client):
    mine, other = a_challenge(), a_challenge()
    client.sign_in(a_staff_member(Role.FACILITATOR, mine.id))
    assert client.get(f"/manage/challenges/{mine.slug}").status_code == 200
    assert client.get(f"/manage/challenges/{other.slug}").status_code == 404


def test_moderator_sees_the_overview_and_no_form(client, moderator):
    challenge = a_challenge()
    client.sign_in(moderator)
    page = client.get(f"/manage/challenges/{challenge.slug}")
    assert page.status_code == 200
    assert f"/manage/challenges/{challenge.slug}/edit" not in page.text
    assert client.get(f"/manage/challenges/{challenge.slug}/edit").status_code == 403


def test_facilitator_writes_a_draft_with_lists_a_line_each(desk):
    written = TEXT | {
        "territory_code": "030101",
        "learning_questions": "¿Cuándo?\r\n\r\n¿Dónde?",
        "categories": "Pozos\nRiego\nPozos",
        "links": "El plan | https://example.org/plan",
    }
    answer = desk.write("/manage/challenges/new", **written)
    assert answer.headers["Location"] == "/manage/challenges/agua-que-avisa/phases"
    draft = stored("agua-que-avisa")
    assert (draft.learning_questions, draft.territory) == (("¿Cuándo?", "¿Dónde?"), "Cochabamba")
    assert [category.name for category in draft.categories] == ["Pozos", "Riego"]
    assert draft.links == ({"text": "El plan", "address": "https://example.org/plan"},)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"title": "   "}, "Escriba algo aquí."),
        ({"title": "a" * 121}, "como máximo 120"),
        ({"links": "El plan | javascript:alert(1)"}, "texto | https://…"),
        ({"links": "https://example.org"}, "texto | https://…"),
        ({"categories": "\n".join("abcdefghijklmnopqrstuvwxyz")}, "como máximo 20 líneas"),
        ({"categories": "a" * 61}, "demasiado larga"),
        ({"slug": "¡!", "title": "¿?"}, "Escriba una dirección con letras o números"),
        ({"slug": "new"}, "Escriba una dirección con letras o números"),
    ],
)
def test_form_that_cannot_be_used_keeps_what_was_typed(desk, wrong, sentence):
    answer = desk.write("/manage/challenges/new", **TEXT | {"problem": "Lo que ya escribí."} | wrong)
    assert sentence in answer.text
    assert "Falta corregir algo" in answer.text
    assert "Lo que ya escribí." in answer.text
    assert find_challenge_id("agua-que-avisa") is None


@pytest.mark.parametrize("wrong", [{"territory_code": "999999"}, {"sector": "otra"}])
def test_choice_that_was_not_offered_is_refused(desk, wrong):
    assert "Falta corregir algo" in desk.write("/manage/challenges/new", **TEXT | wrong).text


def test_address_in_use_is_told_at_its_field(desk):
    a_challenge(slug="agua-que-avisa")
    answer = desk.write("/manage/challenges/new", **TEXT)
    assert "Ya hay un reto con esta dirección" in answer.text
    assert 'href="#slug"' in answer.text


def test_edit_keeps_what_its_form_does_not_ask_for(desk):
    challenge = a_challenge(demonstration=True, language="qu")
    answer = desk.write(f"/manage/challenges/{challenge.slug}/edit", **TEXT | {"title": "Otro título", "seen": "1"})
    assert answer.status_code == 303
    changed = again(challenge)
    assert (changed.title, changed.demonstration, changed.language) == ("Otro título", True, "qu")


def test_slower_facilitator_sees_both_texts_and_may_save_again(desk):
    challenge = a_challenge(partners=["Comité A"], territory_code="03")
    address = f"/manage/challenges/{challenge.slug}/edit"
    desk.write(address, **TEXT | {"title": "Agua clara", "problem": "Lo del otro.", "seen": "1"})
    mine = TEXT | {"title": "Agua turbia", "summary": "Otro resumen.", "problem": "Lo mío.", "territory_code": "020101"}
    answer = desk.write(address, **mine | {"seen": "1"})
    assert "Otra persona guardó cambios mientras usted escribía" in answer.text
    assert all(
        words in answer.text for words in ("Agua turbia", "Lo mío.", "Agua clara", "Lo del otro.", "Todo el país")
    )
    assert again(challenge).title == "Agua clara"
    assert f'data-draft-key="challenge:{challenge.id}:2"' in answer.text
    assert desk.write(address, **mine | {"seen": "2"}).status_code == 303
    assert (again(challenge).title, again(challenge).problem) == ("Agua turbia", "Lo mío.")


def test_edit_sent_twice_gets_the_same_answer(desk):
    challenge = a_challenge()
    address = f"/manage/challenges/{challenge.slug}/edit"
    answers = [desk.write(address, **TEXT | {"title": "Agua clara", "seen": "1"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]


@pytest.mark.parametrize("seen", ["", "dos", "9" * 40])
def test_edit_that_names_no_version_is_shown_again(desk, seen):
    challenge = a_challenge(title="Como estaba")
    answer = desk.write(f"/manage/challenges/{challenge.slug}/edit", **TEXT | {"seen": seen})
    assert "Otra persona guardó cambios" in answer.text
    assert again(challenge).title == "Como estaba"


def test_what_is_typed_over_a_text_is_kept_on_the_device_until_it_is_saved(desk):
    challenge = a_challenge()
    address = f"/manage/challenges/{challenge.slug}/edit"
    assert f'data-draft-key="challenge:{challenge.id}:1" data-draft-over' in desk.get(address).text
    page = desk.get(desk.write(address, **TEXT | {"seen": "1"}).headers["Location"])
    assert f'data-draft-sent="challenge:{challenge.id}:1"' in page.text


def test_edit_form_shows_what_is_stored(desk):
    challenge = a_challenge(
        partners=["Comité A", "Comité B"], links=[{"text": "Plan", "address": "https://example.org"}]
    )
    page = desk.get(f"/manage/challenges/{challenge.slug}/edit").text
    assert "Comité A\r\nComité B" in page.replace("\r\n", "\n").replace("\n", "\r\n")
    assert "Plan | https://example.org" in page


def test_dates_are_bolivian_and_come_back_as_typed(desk):
    challenge = a_challenge()
    start, end = local(-3), local(3)
    send_dates(desk, challenge, {"mapping_start": start, "mapping_end": end})
    (period,) = again(challenge).stage.periods
    assert period.phase == Phase.MAPPING
    assert period.starts_at.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M") == start
    assert f'value="{end}"' in desk.get(f"/manage/challenges/{challenge.slug}/phases").text


@pytest.mark.parametrize(
    ("dates", "sentence"),
    [
        ({"mapping_start": local(1)}, "Ponga las dos fechas"),
        ({"mapping_start": local(2), "mapping_end": local(1)}, "terminar después de empezar"),
        ({"mapping_start": "ayer", "mapping_end": local(1)}, "ayer"),
        ({"mapping_start": local(1), "mapping_end": "9999-12-31T23:59"}, "Escriba un año entre 2000 y 2100."),
        ({"mapping_start": "0026-12-01T10:00", "mapping_end": local(1)}, "Escriba un año entre 2000 y 2100."),
    ],
)
def test_dates_that_cannot_be_used_are_shown_again(desk, dates, sentence):
    challenge = a_challenge()
    answer = send_dates(desk, challenge, dates)
    assert sentence in answer.text
    assert all(typed in answer.text for typed in dates.values())
    assert again(challenge).stage.periods == challenge.stage.periods


def test_facilitator_publishes_and_readers_see_it(desk, another_client):
    draft = a_challenge(published=False)
    assert desk.write(f"/manage/challenges/{draft.slug}/publish").headers["Location"] == f"/challenges/{draft.slug}"
    assert another_client.get(f"/challenges/{draft.slug}").status_code == 200


def test_move_asks_for_a_reason_before_it_happens(desk):
    challenge = a_challenge(Phase.EXPLORATION)
    address = f"/manage/challenges/{challenge.slug}/move/mapping"
    assert "¿Pasar este reto a Mapeo de soluciones?" in desk.get(address).text
    assert "Escriba algo aquí." in desk.write(address, reason="  ").text
    assert again(challenge).stage.phase == Phase.EXPLORATION
    assert desk.write(address, reason="Ya hay bastante.").status_code == 303
    assert again(challenge).stage.phase == Phase.MAPPING


def test_move_made_in_between_is_told_and_the_reason_kept(desk):
    challenge = moved(a_challenge(), None)
    answer = desk.write(f"/manage/challenges/{challenge.slug}/move/closed", reason="Se terminó la consulta.")
    assert "El reto ya está en esa fase." in answer.text
    assert "Se terminó la consulta." in answer.text


def test_move_to_an_unknown_phase_is_a_404(desk):
    assert desk.get(f"/manage/challenges/{a_challenge().slug}/move/voting").status_code == 404


def test_rules_are_stored_and_shown_again(desk):
    challenge = a_challenge(Phase.EXPLORATION)
    answers = {f"{phase}_{activity}": "" for phase in Phase for activity in Activity}
    levels = {f"assurance_{activity}": "" for activity in Activity}
    changed = {"exploration_support": "no", "exploration_proposal": "yes", "assurance_comment": "1"}
    address = f"/manage/challenges/{challenge.slug}/rules"
    assert desk.write(address, **answers | levels | changed).status_code == 303
    stage = again(challenge).stage
    assert not stage.allows(Activity.SUPPORT)
    assert stage.allows(Activity.PROPOSAL)
    assert stage.assurance_for(Activity.COMMENT) == Assurance.ACCOUNT
    assert len(stage.overrides) == len(changed)
    assert desk.get(address).text.count('<option selected value="') == len(changed)


def test_rule_that_was_not_offered_is_refused(desk):
    challenge = a_challenge()
    desk.write(f"/manage/challenges/{challenge.slug}/rules", exploration_support="maybe")
    assert again(challenge).stage.overrides == ()


def test_pages_make_few_queries(client, counted_queries):
    challenge = a_challenge()
    client.get("/challenges")  # the list of territories is read once for each process
    for address, limit in {"/challenges": 1, f"/challenges/{challenge.slug}": 6}.items():
        with counted_queries() as seen:
            client.get(address)
        assert len(seen) <= limit, f"{address}\n{seen}"


def test_time_is_told_from_the_database(client):
    """The closing day shown is the planned one, whatever the zone of this machine."""
    challenge = a_challenge(Phase.EXPLORATION)
    assert challenge.stage.closes_at.astimezone(UTC) > datetime.now(UTC)
    assert "Cierra" in client.get(f"/challenges/{challenge.slug}").text
