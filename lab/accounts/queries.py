"""Reads about people, roles and legal texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import aggregate_order_by

from lab.accounts.models import LEGAL_KEYS, Consent, LegalText, Person, RoleGrant
from lab.core.actors import Actor, Assurance, Role
from lab.core.db import Record, db
from lab.core.errors import NotFound
from lab.core.i18n import SOURCE, lazy

CONSENT_KEYS = ("terms", "privacy", "consent")

# One round trip a request: the person, the roles, and whether the present consent text was agreed to.
_ACTOR = text("""
select p.id, p.guest_key, p.display_name, p.assurance, p.language, p.session_epoch,
  coalesce((select array_agg(role || ':' || coalesce(challenge_id::text, ''))
            from role_grants where person_id = p.id), '{}') as grants,
  exists (select 1 from consents c join legal_texts t on t.id = c.legal_text_id
          where c.person_id = p.id and t.key = 'consent'
            and t.version = (select max(version) from legal_texts where key = 'consent' and language = t.language)
         ) as consented
from people p
where p.blocked_at is null and (p.id = :person_id or p.guest_key = :guest_key)
""")


@dataclass(frozen=True)
class SignedIn:
    """What Flask-Login keeps: `get_id` holds the session epoch, so a new password ends all sessions."""

    actor: Actor
    epoch: int
    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        return f"{self.actor.person_id}:{self.epoch}"


@dataclass(frozen=True)
class PersonRow:
    """A line of the staff's list of people with roles."""

    id: int
    display_name: str
    email: str | None
    grants: tuple[tuple[int, str, int | None, str | None], ...]


@dataclass(frozen=True)
class Texts:
    """The legal texts in force, in one language."""

    rows: Sequence[Record]

    @cached_property
    def by_key(self) -> dict[str, Record]:
        return {row.key: row for row in self.rows}


def find_signed_in(session_id: str) -> SignedIn | None:
    """The person a session names, None when the epoch is old, the person blocked or gone."""
    person_id, _, epoch = session_id.partition(":")
    if not (person_id.isdigit() and epoch.isdigit()):
        return None
    row = db.session.execute(_ACTOR, {"person_id": int(person_id), "guest_key": None}).one_or_none()
    if row is None or row.session_epoch != int(epoch):
        return None
    return SignedIn(_actor(row), row.session_epoch)


def find_guest(guest_key: str) -> Actor | None:
    """The guest stored under this browser's key, if they contributed before."""
    row = db.session.execute(_ACTOR, {"person_id": None, "guest_key": guest_key}).one_or_none()
    return _actor(row) if row is not None and row.assurance == Assurance.GUEST else None


def get_actor(person_id: int) -> Actor:
    """The actor a person is; refuses (`NotFound`) unknown and blocked people."""
    row = db.session.execute(_ACTOR, {"person_id": person_id, "guest_key": None}).one_or_none()
    if row is None:
        raise NotFound(lazy("No encontramos a esta persona."))
    return _actor(row)


def find_person_by_email(email: str) -> Person | None:
    return db.session.execute(select(Person).where(func.lower(Person.email) == email.lower())).scalar_one_or_none()


def list_staff(challenge_id: int | None = None) -> list[PersonRow]:
    """Everybody with a role; for one challenge only those with a role in it."""
    from_challenge = select(RoleGrant.person_id).where(RoleGrant.challenge_id == challenge_id)
    grants = func.json_agg(
        aggregate_order_by(
            func.json_build_array(
                RoleGrant.id,
                RoleGrant.role,
                RoleGrant.challenge_id,
                select(text("title"))
                .select_from(text("challenges c"))
                .where(text("c.id = role_grants.challenge_id"))
                .scalar_subquery(),
            ),
            RoleGrant.id,
        )
    )
    query = (
        select(Person.id, Person.display_name, Person.email, grants.label("grants"))
        .join(RoleGrant)
        .group_by(Person.id)
        .order_by(Person.display_name)
    )
    if challenge_id is not None:
        query = query.where(Person.id.in_(from_challenge), RoleGrant.challenge_id == challenge_id)
    rows = db.session.execute(query)
    return [PersonRow(row.id, row.display_name, row.email, tuple(tuple(grant) for grant in row.grants)) for row in rows]


def present_texts(language: str, keys: Sequence[str] = LEGAL_KEYS) -> Texts:
    """The newest version of each text in the language, or in Spanish where it has none."""
    query = (
        select(
            LegalText.id,
            LegalText.key,
            LegalText.language,
            LegalText.version,
            LegalText.title,
            LegalText.body,
            LegalText.published_at,
        )
        .distinct(LegalText.key)
        .where(LegalText.key.in_(keys), LegalText.language.in_((language, SOURCE)))
        .order_by(LegalText.key, (LegalText.language == language).desc(), LegalText.version.desc())
    )
    return Texts(db.session.execute(query).all())


def get_present_text(key: str, language: str) -> Record:
    """One text in force; refuses (`NotFound`) a key that is not a legal text."""
    found = present_texts(language, [key]).by_key.get(key)
    if found is None:
        raise NotFound(lazy("No encontramos este texto."))
    return found


def list_versions(key: str, language: str) -> Sequence[Record]:
    """All versions of a text, the newest first: version, when, by whom."""
    query = (
        select(LegalText.version, LegalText.published_at, func.coalesce(Person.display_name, ""))
        .outerjoin(Person, Person.id == LegalText.published_by)
        .where(LegalText.key == key, LegalText.language == language)
        .order_by(LegalText.version.desc())
    )
    return db.session.execute(query).all()


def count_consents(person_id: int) -> int:
    return db.session.execute(select(func.count()).where(Consent.person_id == person_id)).scalar_one()


def _actor(row: Record) -> Actor:
    return Actor(
        person_id=row.id,
        guest_key=row.guest_key,
        display_name=row.display_name,
        assurance=Assurance(row.assurance),
        language=row.language,
        consented=row.consented,
        grants=frozenset(_grant(each) for each in row.grants),
    )


def _grant(packed: str) -> tuple[Role, int | None]:
    role, _, challenge_id = packed.partition(":")
    return Role(role), int(challenge_id) if challenge_id else None
