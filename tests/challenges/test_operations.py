"""Writing, publishing, planning and moving a challenge."""

from datetime import UTC, datetime, timedelta

import pytest

from lab.challenges import queries
from lab.challenges.operations import (
    ChallengeText,
    create_challenge,
    edit_challenge,
    move_phase,
    plan_phases,
    publish_challenge,
    remove_demonstration,
    set_rules,
)
from lab.challenges.phases import Activity, Override, Period, Phase
from lab.challenges.queries import (
    ChallengeFilter,
    find_challenge_id,
    get_visible_challenge,
    list_managed_challenges,
    list_moves,
    list_public_challenges,
)
from lab.core.actors import SYSTEM, Actor, Assurance, Role
from lab.core.db import unit_of_work
from lab.core.errors import Conflict, Invalid, NotAllowed, NotFound
from lab.core.paging import encode_cursor
from lab.votes.models import Purpose
from lab.votes.queries import get_running_ballot
from tests.factories.challenges import a_challenge, again
from tests.factories.contributions import an_idea
from tests.factories.people import a_staff_member

DAY = timedelta(days=1)
MANY = 5


def titles(**chosen) -> list[str]:
    return [each.title for each in list_public_challenges(ChallengeFilter(**chosen)).rows]


def plan(challenge, *periods: Period) -> None:
    with unit_of_work():
        plan_phases(SYSTEM, challenge, periods)


def move(actor, challenge, phase, reason="Así lo decidió el equipo.") -> None:
    with unit_of_work():
        move_phase(actor, challenge, phase, reason)


def period(phase: Phase, first: int, last: int) -> Period:
    now = datetime.now(UTC)
    return Period(phase, now + first * DAY, now + last * DAY)


def test_facilitator_creates_a_draft_with_its_two_ballots(facilitator):
    with unit_of_work():
        draft = create_challenge(facilitator, "agua", ChallengeText("Agua", "Resumen", categories=("Riego", "Pozos")))
    assert draft.published_at is None
    assert [category.name for category in draft.categories] == ["Riego", "Pozos"]
    assert {get_running_ballot(draft.id, purpose).purpose for purpose in (Purpose.IDEAS, Purpose.COMMENTS)} == {
        Purpose.IDEAS,
        Purpose.COMMENTS,
    }


def test_member_creates_nothing(member):
    with pytest.raises(NotAllowed), unit_of_work():
        create_challenge(member, "agua", ChallengeText("Agua", "Resumen"))
    assert find_challenge_id("agua") is None


def test_address_in_use_is_refused(facilitator):
    a_challenge(slug="agua")
    with pytest.raises(Conflict), unit_of_work():
        create_challenge(facilitator, "agua", ChallengeText("Otra", "Resumen"))


def test_draft_is_visible_to_those_who_run_it_only(facilitator, member, stranger):
    draft = a_challenge(published=False)
    assert get_visible_challenge(facilitator, draft.slug).id == draft.id
    for reader in (member, stranger):
        with pytest.raises(NotFound):
            get_visible_challenge(reader, draft.slug)
    assert titles() == []


def test_publishing_twice_keeps_the_first_date(facilitator):
    challenge = a_challenge()
    with unit_of_work():
        publish_challenge(facilitator, challenge)
    assert again(challenge).published_at == challenge.published_at


def test_challenge_without_dates_is_not_published(facilitator):
    with unit_of_work():
        draft = create_challenge(facilitator, "agua", ChallengeText("Agua", "Resumen"))
    with pytest.raises(Invalid), unit_of_work():
        publish_challenge(facilitator, draft)


def test_dates_that_cross_or_run_backwards_are_refused(app):
    challenge = a_challenge()
    backwards = [period(Phase.EXPLORATION, 2, 1)]
    crossing = [period(Phase.EXPLORATION, 0, 3), period(Phase.MAPPING, 2, 5)]
    for periods in (backwards, crossing):
        with pytest.raises(Invalid):
            plan(challenge, *periods)
    assert again(challenge).stage.periods == challenge.stage.periods


def test_new_dates_replace_the_old_ones(app):
    challenge = a_challenge(Phase.EXPLORATION)
    plan(challenge, period(Phase.MAPPING, -1, 1))
    assert again(challenge).stage.phase == Phase.MAPPING


def test_category_that_is_used_survives_an_edit(author, facilitator):
    challenge = a_challenge(categories=("Pozos", "Riego"))
    an_idea(challenge, author, category_id=challenge.categories[0].id)
    with unit_of_work():
        edit_challenge(facilitator, challenge, ChallengeText("Agua", "Otro", categories=("Cisternas",)), seen=1)
    assert {category.name for category in again(challenge).categories} == {"Pozos", "Cisternas"}


def edit(actor, challenge, title: str, seen: int, **written) -> None:
    with unit_of_work():
        edit_challenge(actor, challenge, ChallengeText(title, "Resumen", **written), seen)


def test_slower_facilitator_does_not_erase_the_others_text(facilitator, administrator):
    challenge = a_challenge()
    edit(facilitator, challenge, "Agua clara", challenge.version)
    with pytest.raises(Conflict, match="Otra persona guardó"):
        edit(administrator, challenge, "Agua turbia", challenge.version)
    assert (again(challenge).title, again(challenge).version) == ("Agua clara", 2)


def test_text_sent_twice_is_one_edit(author, facilitator):
    challenge = a_challenge(categories=("Pozos",))
    an_idea(challenge, author, category_id=challenge.categories[0].id)
    for _ in range(2):
        edit(facilitator, challenge, "Agua clara", challenge.version, categories=["Riego"], partners=["Comité"])
    assert again(challenge).version == 2


def test_move_is_public_with_person_and_reason(facilitator):
    challenge = a_challenge(Phase.EXPLORATION)
    move(facilitator, challenge, Phase.MAPPING, "Ya hay bastante.")
    (row,) = list_moves(challenge.id)
    assert (row.phase, row.reason, row.moved_by) == (Phase.MAPPING, "Ya hay bastante.", facilitator.display_name)


def test_move_without_a_reason_is_refused(facilitator):
    with pytest.raises(Invalid):
        move(facilitator, a_challenge(), Phase.MAPPING, "  ")


def test_move_to_where_it_stands_is_refused(facilitator):
    challenge = a_challenge(Phase.MAPPING)
    with pytest.raises(Conflict):
        move(facilitator, challenge, Phase.MAPPING)
    move(facilitator, challenge, None)
    with pytest.raises(Conflict):
        move(facilitator, challenge, None, "Otro motivo.")


def test_moderator_does_not_move(moderator):
    with pytest.raises(NotAllowed):
        move(moderator, a_challenge(), None)


def test_move_sent_twice_is_one_move(facilitator):
    challenge = a_challenge(Phase.EXPLORATION)
    for _ in range(2):
        move(facilitator, challenge, Phase.MAPPING)
    assert len(list_moves(challenge.id)) == 1
    with pytest.raises(Conflict):
        move(facilitator, challenge, Phase.MAPPING, "Otro motivo.")


def test_move_of_somebody_else_to_the_same_place_is_refused(facilitator, administrator):
    challenge = a_challenge()
    move(facilitator, challenge, None)
    with pytest.raises(Conflict):
        move(administrator, challenge, None)


def test_rules_replace_the_earlier_ones(facilitator):
    rule = Override(Activity.SUPPORT, None, False, None)
    challenge = a_challenge(overrides=[rule])
    assert not challenge.stage.allows(Activity.SUPPORT)
    with unit_of_work():
        set_rules(facilitator, challenge, [Override(Activity.COMMENT, None, None, Assurance.ACCOUNT)])
    stage = again(challenge).stage
    assert stage.allows(Activity.SUPPORT)
    assert stage.assurance_for(Activity.COMMENT) == Assurance.ACCOUNT


def test_list_is_narrowed_by_phase_sector_department_and_words(app):
    a_challenge(Phase.MAPPING, title="Educación rural", sector="educacion", territory_code="050203")
    a_challenge(Phase.EXPLORATION, title="Agua", sector="agua", territory_code="03")
    assert titles(phase="mapping") == ["Educación rural"]
    assert titles(sector="agua") == ["Agua"]
    assert titles(department="05") == ["Educación rural"]
    assert titles(words="EDUCACION") == ["Educación rural"]
    assert titles(phase="nothing") == titles(department="%") == []


def test_words_are_found_in_any_order_without_accents_case_or_wildcards(app):
    a_challenge(title="Educación al 100 %", lead_institution="Núcleo Ñandú", territory_code="03")
    assert titles(words="nandu EDUCACION cochabamba") == ["Educación al 100 %"]
    assert titles(words="educacion agua") == titles(words="educ_cion") == titles(words="e%n") == []
    assert titles(words="100 %") == ["Educación al 100 %"]


def test_words_that_an_edit_brings_are_found(facilitator):
    challenge = a_challenge()
    edit(facilitator, challenge, "Útiles", challenge.version)
    assert (titles(words="utiles"), titles(words="avisa")) == (["Útiles"], [])


def walked(pages) -> list[int]:
    """The ids of all pages, one after the other."""
    cursor, seen = None, []
    while True:
        page = pages(cursor)
        seen += [each.id for each in page.rows]
        assert page.total == MANY
        if (cursor := page.next_cursor) is None:
            return seen


def test_every_public_challenge_is_on_some_page_once(app, monkeypatch):
    monkeypatch.setattr(queries, "LIST_LIMIT", 2)
    queries._public.cache_clear()
    made = [a_challenge(phase).id for phase in (None, Phase.MAPPING, None, Phase.MAPPING, Phase.MAPPING)]
    seen = walked(lambda cursor: list_public_challenges(ChallengeFilter(words="agua"), cursor))
    assert seen == [made[place] for place in (4, 3, 1, 2, 0)]
    queries._public.cache_clear()


def test_every_managed_challenge_is_on_some_page_once(facilitator, monkeypatch):
    monkeypatch.setattr(queries, "LIST_LIMIT", 2)
    queries._managed.cache_clear()
    made = [a_challenge(published=False).id for _ in range(MANY)]
    assert walked(lambda cursor: list_managed_challenges(facilitator, cursor)) == made[::-1]
    queries._managed.cache_clear()


@pytest.mark.parametrize("cursor", ["nada", "WzFd", encode_cursor((0, 2**61, 1))])
def test_cursor_that_was_not_issued_is_refused(app, cursor):
    with pytest.raises(Invalid):
        list_public_challenges(ChallengeFilter(), cursor)


def test_challenges_that_ask_for_something_stand_first(app):
    a_challenge(Phase.MAPPING, title="En marcha")
    a_challenge(None, title="Pronto")
    assert titles() == ["En marcha", "Pronto"]


def test_staff_of_one_challenge_list_that_one(app):
    mine, _other = a_challenge(), a_challenge()
    helper = a_staff_member(Role.MODERATOR, mine.id)
    assert [each.id for each in list_managed_challenges(helper).rows] == [mine.id]
    assert list_managed_challenges(Actor()).rows == []


def test_demonstration_goes_with_everything_in_it_and_nothing_else(author):
    kept, shown = a_challenge(), a_challenge(demonstration=True)
    an_idea(shown, author)
    with unit_of_work():
        assert remove_demonstration(SYSTEM) == 1
    assert find_challenge_id(shown.slug) is None
    assert find_challenge_id(kept.slug) == kept.id
