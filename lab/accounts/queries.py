"""Reads about people, roles and legal texts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import groupby
from typing import Any

from sqlalchemy import column, func, select, table, text
from sqlalchemy.dialects.postgresql import distinct_on

from lab.accounts.models import LEGAL_KEYS, NAME_LENGTH, LegalText, Person, RoleGrant
from lab.accounts.permissions import AccountAction
from lab.core.actors import Actor, Assurance, Role
from lab.core.db import Query, Record, db, run
from lab.core.errors import NeedsConsent, NotFound
from lab.core.i18n import SOURCE, lazy
from lab.core.permissions import can
from lab.core.text import fold

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
class RoleScope:
    """Where the roles of one page hold: the whole lab (no challenge) or one challenge."""

    challenge_id: int | None = None
    title: str = ""
    slug: str = ""


@dataclass(frozen=True)
class GrantRow:
    """A role that somebody holds, and for which challenge (empty title: the whole lab)."""

    id: int
    role: Role
    challenge_id: int | None
    challenge_title: str
    person_id: int
    display_name: str
    email: str


@dataclass(frozen=True)
class PersonRow:
    """A line of the staff's list of people with roles."""

    id: int
    display_name: str
    email: str
    grants: tuple[GrantRow, ...]


@dataclass(frozen=True)
class TextState:
    """How one legal text stands in one language, for those who edit it; version 0 is none yet."""

    key: str
    language: str
    version: int = 0
    published_at: datetime | None = None


@dataclass(frozen=True)
class ConsentStep:
    """What somebody reads and fills in before a first contribution.

    `seen` names the versions shown, which the form sends back; `wrong` names the field to correct.
    """

    title: str
    body: str
    language: str
    seen: str
    name: str
    accepted: bool
    of_age: bool
    wrong: str
    message: Any


@dataclass(frozen=True)
class Texts:
    """The legal texts in force, in one language."""

    rows: Sequence[Record]

    @cached_property
    def by_key(self) -> dict[str, Record]:
        return {row.key: row for row in self.rows}

    @cached_property
    def edition(self) -> str:
        """These very versions in one word, to be compared with what a reader was shown."""
        return "-".join(str(row.id) for row in self.rows)

    def get(self, key: str) -> Record:
        """One of the texts; refuses (`NotFound`) a key that is not among them."""
        if key not in self.by_key:
            raise NotFound(lazy("No encontramos este texto."))
        return self.by_key[key]


def find_signed_in(session_id: str) -> SignedIn | None:
    """The person a session names, None when the epoch is old, the person blocked or gone."""
    person_id, _, epoch = session_id.partition(":")
    if not (person_id.isdecimal() and epoch.isdecimal()):
        return None
    row = run(_ACTOR, {"person_id": int(person_id), "guest_key": None}).one_or_none()
    if row is None or row.session_epoch != int(epoch):
        return None
    return SignedIn(_actor(row), row.session_epoch)


def find_guest(guest_key: str) -> Actor | None:
    """The guest stored under this browser's key, if they contributed before."""
    row = run(_ACTOR, {"person_id": None, "guest_key": guest_key}).one_or_none()
    return _actor(row) if row is not None and row.assurance == Assurance.GUEST else None


def get_actor(person_id: int) -> Actor:
    """The actor a person is; refuses (`NotFound`) unknown and blocked people."""
    row = run(_ACTOR, {"person_id": person_id, "guest_key": None}).one_or_none()
    if row is None:
        raise NotFound(lazy("No encontramos a esta persona."))
    return _actor(row)


def find_person_by_email(email: str) -> Person | None:
    return db.session.execute(select(Person).where(func.lower(Person.email) == email.lower())).scalar_one_or_none()


def get_account(email: str) -> Person:
    """The account of an address; refuses (`NotFound`) one that has none."""
    person = find_person_by_email(email.strip())
    if person is None:
        raise NotFound(lazy("No hay una cuenta con este correo."))
    return person


def list_staff(scope: RoleScope) -> list[PersonRow]:
    """Everybody with a role, by name; for one challenge only the roles in it."""
    query = _GRANTS
    if scope.challenge_id is not None:
        query = query.where(RoleGrant.challenge_id == scope.challenge_id)
    rows = [_grant_row(row) for row in db.session.execute(query)]
    people = groupby(sorted(rows, key=_by_name), key=lambda row: (row.person_id, row.display_name, row.email))
    return [PersonRow(*person, tuple(grants)) for person, grants in people]


def get_role_scope(actor: Actor, challenge_id: int | None) -> RoleScope:
    """Where the actor may hand out roles; `NotFound` for everybody who may not do so there."""
    scope = RoleScope() if challenge_id is None else _challenge_scope(_CHALLENGES.c.id == challenge_id)
    if scope is None or not can(actor, AccountAction.GRANT_ROLE, scope):
        raise NotFound(lazy("No encontramos esta página."))
    return scope


def get_scope_by_slug(slug: str) -> RoleScope:
    """The scope of a challenge's roles by its address; refuses (`NotFound`) an unknown one."""
    scope = _challenge_scope(_CHALLENGES.c.slug == slug)
    if scope is None:
        raise NotFound(lazy("No encontramos este reto."))
    return scope


def get_grant_of(email: str, role: Role, challenge_id: int | None) -> GrantRow:
    """The role of an account in exactly this scope; refuses (`NotFound`) one that is not held."""
    here = RoleGrant.challenge_id.is_not_distinct_from(challenge_id)
    query = _GRANTS.where(func.lower(Person.email) == email.strip().lower(), RoleGrant.role == role, here)
    row = db.session.execute(query).one_or_none()
    if row is None:
        raise NotFound(lazy("Esta persona no tiene ese rol."))
    return _grant_row(row)


def is_withdrawn(grant_id: int) -> bool:
    """Whether no role has this number, or none any more."""
    return db.session.execute(select(RoleGrant.id).where(RoleGrant.id == grant_id)).one_or_none() is None


def get_grant(actor: Actor, grant_id: int) -> GrantRow:
    """A role for somebody who may take it back; `NotFound` for everybody else."""
    row = db.session.execute(_GRANTS.where(RoleGrant.id == grant_id)).one_or_none()
    if row is None or not can(actor, AccountAction.GRANT_ROLE, _grant_row(row)):
        raise NotFound(lazy("Este rol ya no existe."))
    return _grant_row(row)


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
        .ext(distinct_on(LegalText.key))
        .where(LegalText.key.in_(keys), LegalText.language.in_((language, SOURCE)))
        .order_by(LegalText.key, (LegalText.language == language).desc(), LegalText.version.desc())
    )
    return Texts(db.session.execute(query).all())


def get_present_text(key: str, language: str) -> Record:
    """One text in force; refuses (`NotFound`) a key that is not a legal text."""
    return present_texts(language, [key]).get(key)


def get_consent_step(language: str, given: Mapping[str, str], wrong: NeedsConsent | None = None) -> ConsentStep:
    """The step before a first contribution, with what was already filled in and what is wrong with it.

    What was accepted of other versions is not accepted any more.
    """
    texts = present_texts(language, CONSENT_KEYS)
    text = texts.get("consent")
    return ConsentStep(
        title=text.title,
        body=text.body,
        language=text.language,
        seen=texts.edition,
        name=given.get("consent_name", "")[:NAME_LENGTH],
        accepted=given.get("consent_accepted") == "yes" and given.get("consent_seen") == texts.edition,
        of_age=given.get("consent_of_age") == "yes",
        wrong=wrong.details.get("field", "") if wrong else "",
        message=wrong.message if wrong else "",
    )


def find_consent_text(actor: Actor, language: str, given: Mapping[str, str] | None = None) -> ConsentStep | None:
    """The step as part of another form (`accounts/_consent_fields.html`); None when the actor agreed already.

    `given` is what was posted, so that a form drawn again keeps the boxes as they were.
    """
    return None if actor.consented else get_consent_step(language, given or {})


def get_text_version(key: str, language: str, version: int) -> Record:
    """A version of a text, old or present; refuses (`NotFound`) one that was never published."""
    query = select(LegalText).where(LegalText.key == key, LegalText.language == language, LegalText.version == version)
    found = db.session.execute(query.with_only_columns(*LegalText.__table__.columns)).one_or_none()
    if found is None:
        raise NotFound(lazy("No encontramos este texto."))
    return found


def list_versions(key: str, language: str) -> Sequence[Record]:
    """All versions of a text, the newest first: version and when."""
    query = (
        select(LegalText.version, LegalText.published_at)
        .where(LegalText.key == key, LegalText.language == language)
        .order_by(LegalText.version.desc())
    )
    return db.session.execute(query).all()


def list_text_states(languages: Sequence[str]) -> list[TextState]:
    """Every legal text in every language offered, those without a version too."""
    query = select(LegalText.key, LegalText.language, func.max(LegalText.version), func.max(LegalText.published_at))
    rows = db.session.execute(query.group_by(LegalText.key, LegalText.language))
    found = {(state.key, state.language): state for state in (TextState(*row) for row in rows)}
    return [found.get((key, each), TextState(key, each)) for key in LEGAL_KEYS for each in languages]


_CHALLENGES = table("challenges", column("id"), column("title"), column("slug"))
_GRANTS: Query = (
    select(
        RoleGrant.id,
        RoleGrant.role,
        RoleGrant.challenge_id,
        func.coalesce(_CHALLENGES.c.title, "").label("challenge_title"),
        RoleGrant.person_id,
        Person.display_name,
        func.coalesce(Person.email, "").label("email"),
    )
    .join(Person, Person.id == RoleGrant.person_id)
    .outerjoin(_CHALLENGES, _CHALLENGES.c.id == RoleGrant.challenge_id)
    .order_by(RoleGrant.id)
)


def _challenge_scope(condition: Any) -> RoleScope | None:
    """The table of challenges is a higher feature's; only its title and slug are read, as the foreign key allows."""
    row = db.session.execute(select(_CHALLENGES).where(condition)).one_or_none()
    return RoleScope(row.id, row.title, row.slug) if row else None


def _grant_row(row: Record) -> GrantRow:
    number, role, *rest = row
    return GrantRow(number, Role(role), *rest)


def _by_name(row: GrantRow) -> tuple[str, int, int]:
    return fold(row.display_name), row.person_id, row.id


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
