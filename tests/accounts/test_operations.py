"""What changes people: consent, passwords, roles and the legal texts."""

import pytest
from argon2 import extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY
from sqlalchemy import func, select

from lab.accounts import operations, passwords, queries
from lab.accounts.models import Consent, LegalText, Person
from lab.accounts.operations import Acceptance, LegalWords, Scope
from lab.core.actors import SYSTEM, Actor, Assurance, Role
from lab.core.db import db, unit_of_work
from lab.core.errors import Conflict, Invalid, NeedsConsent, NotAllowed, NotFound
from tests import cleaning
from tests.factories.challenges import a_challenge
from tests.factories.people import PASSWORD, a_staff_member, again, email_of
from tests.racing import race

ADMINISTRATION = Scope(Role.ADMINISTRATOR, None)
MODERATION = Scope(Role.MODERATOR, None)


def join(actor: Actor, **said) -> Actor:
    """The actor after the step, filled in as it should be but for what is `said`."""
    whole = {"accepted": True, "of_age": True, "display_name": "Vecina", "language": "es", "seen": seen_now()}
    with unit_of_work():
        return operations.become_participant(actor, Acceptance(**whole | said))


def seen_now() -> str:
    return queries.get_consent_step("es", {}).seen


def grant(actor: Actor, person: Actor, scope: Scope) -> None:
    with unit_of_work():
        operations.grant_role(actor, email_of(person), scope)


def withdraw(actor: Actor, grant_id: int) -> None:
    with unit_of_work():
        operations.withdraw_role(actor, grant_id)


def publish(actor: Actor, body: str, seen: int | None = None, key: str = "consent") -> int:
    with unit_of_work():
        return operations.publish_legal_text(actor, LegalWords(key, "es", "Título", body), seen)


def count(model) -> int:
    return db.session.execute(select(func.count()).select_from(model)).scalar_one()


def test_stranger_who_accepts_becomes_a_guest_with_three_consents(stranger):
    joined = join(stranger)
    assert (joined.display_name, joined.assurance, joined.consented) == ("Vecina", Assurance.GUEST, True)
    assert count(Consent) == 3


def test_stranger_who_accepts_twice_is_one_guest(stranger):
    assert join(stranger).person_id == join(stranger).person_id
    assert (count(Person), count(Consent)) == (1, 3)


def test_stranger_who_accepts_from_two_tabs_at_once_is_one_guest(app, stranger):
    first, second = race(app, [lambda: join(stranger)] * 2)
    assert first.person_id == second.person_id
    assert (count(Person), count(Consent)) == (1, 3)


@pytest.mark.parametrize(
    ("ticked", "field"),
    [({"accepted": False}, "consent_accepted"), ({"of_age": False}, "consent_of_age")],
)
def test_stranger_who_leaves_a_box_empty_is_asked_again(stranger, ticked, field):
    with pytest.raises(NeedsConsent) as refusal:
        join(stranger, **ticked)
    assert refusal.value.details["field"] == field
    assert count(Person) == 0


def test_consent_names_the_versions_that_were_seen(administrator, stranger):
    publish(administrator, "Otras condiciones.")
    joined = join(stranger)
    versions = select(LegalText.key, LegalText.language, LegalText.version)
    agreed = versions.join(Consent, Consent.legal_text_id == LegalText.id).where(Consent.person_id == joined.person_id)
    assert set(db.session.execute(agreed)) == {("consent", "es", 2), ("terms", "es", 1), ("privacy", "es", 1)}


@pytest.mark.parametrize("key", queries.CONSENT_KEYS)
def test_text_that_changed_after_it_was_seen_is_shown_again(administrator, stranger, key):
    seen = seen_now()
    publish(administrator, "Otras condiciones.", key=key)
    with pytest.raises(NeedsConsent) as refusal:
        join(stranger, seen=seen)
    assert refusal.value.details["field"] == "consent_accepted"
    assert queries.find_guest(stranger.guest_key) is None
    assert count(Consent) == 3  # the administrator's own


@pytest.mark.parametrize("seen", ["", "1", "1-2-3", "0-0-0", "x", "9" * 500])
def test_made_up_version_is_no_consent(stranger, seen):
    with pytest.raises(NeedsConsent):
        join(stranger, seen=seen)
    assert count(Consent) == 0


def test_browser_without_cookies_cannot_become_a_guest(app):
    with pytest.raises(NotAllowed):
        join(Actor())


def test_new_consent_text_asks_everybody_again(administrator, guest):
    assert again(guest).consented
    publish(administrator, "Otras condiciones.")
    assert not again(guest).consented
    assert join(again(guest)).consented


def test_new_terms_leave_the_consent_as_it_is(administrator, guest):
    publish(administrator, "Otros términos.", key="terms")
    assert again(guest).consented


def test_account_is_made_once_for_an_address(app):
    with unit_of_work():
        operations.create_person(SYSTEM, "ana@example.org", PASSWORD, "Ana")
    with pytest.raises(Conflict), unit_of_work():
        operations.create_person(SYSTEM, "ANA@example.org", PASSWORD, "Ana")
    assert count(Person) == 1


@pytest.mark.parametrize(
    ("email", "password", "name"),
    [
        ("ana", PASSWORD, "Ana"),
        ("a@b@c", PASSWORD, "Ana"),
        ("ana@b.bo", "corta", "Ana"),
        ("ana@b.bo", PASSWORD, "A" * 81),
    ],
)
def test_account_with_unusable_values_is_refused(app, email, password, name):
    with pytest.raises(Invalid), unit_of_work():
        operations.create_person(SYSTEM, email, password, name)


def test_member_cannot_make_accounts(member):
    with pytest.raises(NotAllowed), unit_of_work():
        operations.create_person(member, "ana@example.org", PASSWORD, "Ana")


def test_right_password_opens_the_account(member):
    found = operations.check_password(email_of(member).upper(), PASSWORD)
    assert found.actor.person_id == member.person_id


def test_unknown_address_and_wrong_password_get_the_same_words(member):
    with pytest.raises(Invalid) as unknown:
        operations.check_password("nadie@example.org", PASSWORD)
    with pytest.raises(Invalid) as wrong:
        operations.check_password(email_of(member), "otra clave larga")
    assert str(unknown.value) == str(wrong.value)


def test_unknown_address_costs_the_same_queries_and_the_same_hash(member, counted_queries, monkeypatch):
    verified = []
    monkeypatch.setattr(passwords, "_verify", lambda stored, _password: verified.append(stored) or False)
    costs = []
    for email in ("nadie@example.org", email_of(member)):
        with counted_queries() as seen, pytest.raises(Invalid):
            operations.check_password(email, PASSWORD)
        costs.append(len(seen))
    assert costs[0] == costs[1]
    assert len(verified) == 2


def test_hash_for_nobody_is_whole_and_as_expensive_as_a_real_one():
    real, nobody = passwords.hash_password(PASSWORD), passwords._NOBODY
    assert extract_parameters(nobody) == extract_parameters(real) == RFC_9106_LOW_MEMORY
    assert not passwords.matches(None, PASSWORD)


def test_new_password_ends_the_sessions_before_it(member):
    before = operations.check_password(email_of(member), PASSWORD).get_id()
    with unit_of_work():
        after = operations.change_password(member, member.person_id, PASSWORD, "otra clave larga").get_id()
    assert queries.find_signed_in(before) is None
    assert queries.find_signed_in(after).actor.person_id == member.person_id
    assert operations.check_password(email_of(member), "otra clave larga")


@pytest.mark.parametrize(("present", "new"), [("no es esta", "otra clave larga"), (PASSWORD, "corta")])
def test_password_is_kept_when_the_present_is_wrong_or_the_new_is_short(member, present, new):
    with pytest.raises(Invalid), unit_of_work():
        operations.change_password(member, member.person_id, present, new)
    assert operations.check_password(email_of(member), PASSWORD)


def test_member_cannot_change_the_password_of_another(member, author):
    with pytest.raises(Invalid), unit_of_work():
        operations.change_password(member, author.person_id, PASSWORD, "otra clave larga")


def test_role_given_twice_is_there_once(administrator, member):
    grant(administrator, member, MODERATION)
    grant(administrator, member, MODERATION)
    assert again(member).grants == {(Role.MODERATOR, None)}


def test_facilitator_of_a_challenge_shares_its_work_and_nothing_else(app, member):
    challenge = a_challenge()
    leader = a_staff_member(Role.FACILITATOR, challenge.id)
    grant(leader, member, Scope(Role.MODERATOR, challenge.id))
    for scope in (MODERATION, Scope(Role.ADMINISTRATOR, challenge.id), Scope(Role.MODERATOR, a_challenge().id)):
        with pytest.raises(NotAllowed):
            grant(leader, member, scope)
    assert again(member).grants == {(Role.MODERATOR, challenge.id)}


def test_role_for_an_unknown_address_is_refused(administrator):
    with pytest.raises(Invalid), unit_of_work():
        operations.grant_role(administrator, "nadie@example.org", MODERATION)


def test_nobody_administers_one_challenge_only(administrator, member):
    with pytest.raises(Invalid) as refused:
        grant(administrator, member, Scope(Role.ADMINISTRATOR, a_challenge().id))
    assert refused.value.field == "role"
    assert again(member).grants == set()


def test_administrator_of_one_challenge_from_before_can_be_withdrawn(administrator):
    challenge = a_challenge()
    helper = a_staff_member(Role.ADMINISTRATOR, challenge.id)
    withdraw(administrator, queries.get_grant_of(email_of(helper), Role.ADMINISTRATOR, challenge.id).id)
    assert again(helper).grants == set()


def test_last_administrator_stays(administrator):
    held = queries.get_grant_of(email_of(administrator), Role.ADMINISTRATOR, None)
    with pytest.raises(Conflict):
        withdraw(administrator, held.id)


def test_two_administrators_who_withdraw_each_other_leave_one(app, administrator):
    other = a_staff_member(Role.ADMINISTRATOR, name="Otra")
    mine, theirs = (queries.get_grant_of(email_of(each), Role.ADMINISTRATOR, None) for each in (administrator, other))
    done = race(app, [lambda: withdraw(administrator, theirs.id), lambda: withdraw(other, mine.id)])
    assert sorted(type(each) for each in done if each) == [Conflict]
    assert len(queries.list_staff(queries.RoleScope())) == 1


def test_unknown_role_cannot_be_withdrawn(administrator):
    with pytest.raises(NotFound):
        withdraw(administrator, 1_000_000)


def test_text_published_from_the_version_seen_is_the_next_one(administrator):
    assert publish(administrator, "Dos.", seen=1) == 2
    assert queries.get_present_text("consent", "es").body == "Dos."
    assert queries.get_text_version("consent", "es", 1).body == "consent (es)"


def test_text_sent_twice_is_one_version(administrator):
    assert publish(administrator, "Dos.", seen=1) == publish(administrator, "Dos.", seen=1) == 2


def test_text_written_while_another_was_published_is_a_conflict(administrator):
    publish(administrator, "Dos.", seen=1)
    with pytest.raises(Conflict):
        publish(administrator, "Otro dos.", seen=1)


def test_empty_text_is_refused(administrator):
    with pytest.raises(Invalid):
        publish(administrator, "  ")


def test_facilitator_cannot_publish_texts(facilitator):
    with pytest.raises(NotAllowed):
        publish(facilitator, "Dos.")


@pytest.fixture
def no_texts(app):
    """An installation that nobody gave its legal texts yet."""
    forget_texts()
    yield
    forget_texts()
    cleaning.keep_legal_texts()


def forget_texts() -> None:
    with db.engine.begin() as connection:
        connection.execute(LegalText.__table__.delete())


@pytest.mark.usefixtures("no_texts")
def test_first_texts_come_once_in_each_language():
    with unit_of_work():
        assert operations.ensure_legal_texts(SYSTEM) == 8
    with unit_of_work():
        assert operations.ensure_legal_texts(SYSTEM) == 0
    text = queries.get_present_text("terms", "en")
    assert (text.version, text.title.startswith("#"), bool(text.body)) == (1, False, True)


def test_published_text_is_not_replaced_by_the_first_one(administrator):
    publish(administrator, "Dos.")
    with unit_of_work():
        operations.ensure_legal_texts(SYSTEM)
    assert queries.get_present_text("consent", "es").body == "Dos."
