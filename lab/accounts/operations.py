"""What changes people: becoming one, passwords, roles, consents and the legal texts themselves."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from lab.accounts import passwords, queries
from lab.accounts.models import EMAIL_LENGTH, NAME_LENGTH, Consent, LegalText, Person, RoleGrant
from lab.accounts.permissions import AccountAction
from lab.accounts.signals import ConsentGiven, LegalTextPublished, PersonJoined, RoleGranted
from lab.core.actors import Actor, Assurance, Role
from lab.core.db import db
from lab.core.errors import Conflict, Invalid, NeedsConsent, NotAllowed, NotFound
from lab.core.i18n import current_language, lazy
from lab.core.permissions import require
from lab.core.signals import publish
from lab.core.text import clean_line

LEGAL_FOLDER = Path(__file__).parent / "legal"
# Only what cannot be an address is refused: whether mail arrives there, only a mail tells.
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
_PASSWORD_LENGTHS = {"min": passwords.MINIMUM_LENGTH, "max": passwords.MAXIMUM_LENGTH}


@dataclass(frozen=True)
class Acceptance:
    """What somebody ticked in the step before a first contribution, read from any form that carries it.

    `seen` names the versions of the texts that the page showed (`ConsentStep.seen`).
    """

    accepted: bool
    of_age: bool
    display_name: str
    language: str
    seen: str

    @classmethod
    def from_form(cls, form: Mapping[str, str], language: str) -> "Acceptance | None":
        """None when the form did not carry the step."""
        if "consent_step" not in form:
            return None
        return cls(
            accepted=form.get("consent_accepted") == "yes",
            of_age=form.get("consent_of_age") == "yes",
            display_name=clean_line(form.get("consent_name", ""))[:NAME_LENGTH],
            language=language,
            seen=form.get("consent_seen", ""),
        )


@dataclass(frozen=True)
class LegalWords:
    """One legal text in one language, as it is to be published."""

    key: str
    language: str
    title: str
    body: str


@dataclass(frozen=True)
class Scope:
    """A role somebody is to get or lose, and where it holds."""

    role: Role
    challenge_id: int | None


def become_participant(actor: Actor, acceptance: Acceptance | None) -> Actor:
    """Returns the actor as a stored person, with the consent just given recorded.

    A guest's row is inserted from the key in the session; two clicks make one guest. Without a stored consent
    and without an acceptance the actor comes back unconsented, and the next `require` asks for it. Refuses with
    `NeedsConsent`, naming the field, an acceptance with a box left empty or of other versions than those in force:
    the step is shown again and keeps what else was typed. Publishes `PersonJoined`, `ConsentGiven`.
    """
    require(actor, AccountAction.BECOME_PARTICIPANT)
    if acceptance is None or actor.consented:
        return actor
    texts = queries.present_texts(acceptance.language, queries.CONSENT_KEYS)
    _check(acceptance, texts)
    person_id = actor.person_id or _store_guest(actor, acceptance)
    _record_consent(person_id, acceptance.language, texts)
    return replace(queries.get_actor(person_id), consented=True)


def join_from_form(actor: Actor, form: Mapping[str, str]) -> Actor:
    """`become_participant` with the step that any form may carry, in the language of the page."""
    return become_participant(actor, Acceptance.from_form(form, current_language()))


def create_person(actor: Actor, email: str, password: str, display_name: str) -> int:
    """Makes an account whose address counts as confirmed, and returns its id.

    Refuses with `Invalid` what is no address, a long name or a short password, and with `Conflict` an address in
    use. Publishes `PersonJoined`.
    """
    require(actor, AccountAction.CREATE_PERSON)
    _check_address(email, display_name)
    _check_password(password)
    statement = (
        upsert(Person)
        .values(
            email=email.strip(),
            password_hash=passwords.hash_password(password),
            display_name=clean_line(display_name),
            assurance=int(Assurance.CONFIRMED),
        )
        .on_conflict_do_nothing()
        .returning(Person.id)
    )
    person_id = db.session.execute(statement).scalar_one_or_none()
    if person_id is None:
        raise Conflict(lazy("Ya hay una cuenta con este correo."))
    publish(PersonJoined(person_id))
    return int(person_id)


def check_password(email: str, password: str) -> queries.SignedIn:
    """Who signs in; refuses with `Invalid`, in the same words and time, unknown addresses and wrong passwords."""
    person = queries.find_person_by_email(email.strip())
    if not passwords.matches(person.password_hash if person else None, password[: passwords.MAXIMUM_LENGTH]):
        person = None
    found = queries.find_signed_in(f"{person.id}:{person.session_epoch}") if person else None
    if found is None:
        raise Invalid(lazy("El correo o la contraseña no coinciden. Revise y vuelva a intentar."))
    return found


def change_password(actor: Actor, person_id: int, present: str, new: str) -> queries.SignedIn:
    """Sets a new password and ends every other session of the person.

    Refuses with `Invalid` a wrong present password or a short new one. The system need not know the present one.
    """
    require(actor, AccountAction.CHANGE_PASSWORD)
    person = db.session.execute(select(Person).where(Person.id == person_id)).scalar_one()
    if not actor.system:
        _check_own(actor, person, present)
    _check_password(new)
    changed = (
        update(Person)
        .where(Person.id == person_id)
        .values(password_hash=passwords.hash_password(new), session_epoch=Person.session_epoch + 1)
        .returning(Person.session_epoch)
    )
    epoch = db.session.execute(changed).scalar_one()
    return queries.SignedIn(queries.get_actor(person_id), epoch)


def grant_role(actor: Actor, email: str, scope: Scope) -> int:
    """Gives an account a role; given twice it is there once. Returns the person's id.

    Refuses with `Invalid` an address without an account, and to administer one challenge only. Publishes
    `RoleGranted`.
    """
    require(actor, AccountAction.GRANT_ROLE, scope)
    if scope.role == Role.ADMINISTRATOR and scope.challenge_id is not None:
        raise Invalid(lazy("Se administra todo el laboratorio, no un solo reto: ahí se facilita."), field="role")
    person = queries.find_person_by_email(email.strip())
    if person is None:
        raise Invalid(lazy("No hay una cuenta con este correo."), field="email")
    statement = (
        upsert(RoleGrant)
        .values(person_id=person.id, role=scope.role, challenge_id=scope.challenge_id, granted_by=actor.person_id)
        .on_conflict_do_nothing()
        .returning(RoleGrant.id)
    )
    if db.session.execute(statement).scalar_one_or_none() is not None:
        publish(RoleGranted(person.id, scope.role, scope.challenge_id))
    return person.id


def withdraw_role(actor: Actor, grant_id: int) -> None:
    """Takes a role back. Refuses with `NotFound` an unknown one and with `Conflict` the last administrator's."""
    grant = db.session.execute(select(RoleGrant).where(RoleGrant.id == grant_id)).scalar_one_or_none()
    if grant is None:
        raise NotFound(lazy("Este rol ya no existe."))
    require(actor, AccountAction.GRANT_ROLE, Scope(Role(grant.role), grant.challenge_id))
    if grant.role == Role.ADMINISTRATOR and grant.challenge_id is None:
        _keep_one_administrator()
    db.session.execute(delete(RoleGrant).where(RoleGrant.id == grant_id))


def publish_legal_text(actor: Actor, words: LegalWords, seen: int | None = None) -> int:
    """Adds the next version of a text and returns its number; a new consent text asks everybody again.

    With the version that the editor saw, the same text sent twice is one version. Refuses with `Invalid` an
    empty text and with `Conflict` one written while somebody else published. Publishes `LegalTextPublished`.
    """
    require(actor, AccountAction.PUBLISH_TEXT)
    if not (words.title.strip() and words.body.strip()):
        raise Invalid(lazy("Escriba el título y el texto."), field="body")
    present = _present_version(words)
    if seen is not None and present != seen:
        return _published_before(words, present)
    if not _insert_text(actor, words, present + 1):
        return _published_before(words, present + 1)
    publish(LegalTextPublished(words.key, words.language, present + 1))
    return present + 1


def ensure_legal_texts(actor: Actor) -> int:
    """Gives an installation the first version of each legal text it lacks, and returns how many it gave.

    Safe to run twice and by several processes at once. Publishes `LegalTextPublished` for each.
    """
    require(actor, AccountAction.PUBLISH_TEXT)
    given = [words for words in _texts_on_disk() if _insert_text(actor, words, 1)]
    for words in given:
        publish(LegalTextPublished(words.key, words.language, 1))
    return len(given)


def _insert_text(actor: Actor, words: LegalWords, version: int) -> bool:
    """Whether this version is new: the unique constraint decides between two editors or two starts."""
    statement = (
        upsert(LegalText)
        .values(**asdict(words), version=version, published_by=actor.person_id)
        .on_conflict_do_nothing()
        .returning(LegalText.id)
    )
    return db.session.execute(statement).scalar_one_or_none() is not None


def _present_version(words: LegalWords) -> int:
    newest = func.coalesce(func.max(LegalText.version), 0)
    query = select(newest).where(LegalText.key == words.key, LegalText.language == words.language)
    return int(db.session.execute(query).scalar_one())


def _published_before(words: LegalWords, version: int) -> int:
    present = queries.get_text_version(words.key, words.language, version)
    if (present.title, present.body) != (words.title, words.body):
        raise Conflict(lazy("Alguien publicó otra versión mientras usted escribía. Copie lo suyo y recargue."))
    return version


def _texts_on_disk() -> Iterator[LegalWords]:
    for path in sorted(LEGAL_FOLDER.glob("*/*.md")):
        title, _, body = path.read_text(encoding="utf-8").partition("\n")
        yield LegalWords(path.stem, path.parent.name, title.removeprefix("# ").strip(), body.strip())


def _check(acceptance: Acceptance, texts: queries.Texts) -> None:
    if not acceptance.accepted:
        raise NeedsConsent(lazy("Para aportar, marque que leyó y acepta las condiciones."), field="consent_accepted")
    if not acceptance.of_age:
        raise NeedsConsent(lazy("Para aportar, confirme que tiene la edad mínima."), field="consent_of_age")
    if acceptance.seen != texts.edition:
        changed = lazy(
            "Las condiciones cambiaron mientras usted escribía. Lea las actuales y vuelva a marcar esta casilla."
        )
        raise NeedsConsent(changed, field="consent_accepted")


def _store_guest(actor: Actor, acceptance: Acceptance) -> int:
    if actor.guest_key is None:
        raise NotAllowed(
            lazy("Su navegador no guarda las cookies de este sitio, que hacen falta para aportar. Permítalas.")
        )
    statement = (
        upsert(Person)
        .values(guest_key=actor.guest_key, display_name=acceptance.display_name, language=acceptance.language)
        .on_conflict_do_update(index_elements=[Person.guest_key], set_={"guest_key": actor.guest_key})
        .returning(Person.id)
    )
    person_id = int(db.session.execute(statement).scalar_one())
    publish(PersonJoined(person_id))
    return person_id


def _record_consent(person_id: int, language: str, texts: queries.Texts) -> None:
    rows = [{"person_id": person_id, "legal_text_id": row.id, "language": language} for row in texts.rows]
    db.session.execute(upsert(Consent).on_conflict_do_nothing(), rows)
    publish(ConsentGiven(person_id, language))


def _check_own(actor: Actor, person: Person, present: str) -> None:
    if actor.person_id != person.id or not passwords.matches(person.password_hash, present):
        raise Invalid(lazy("La contraseña actual no coincide."), field="present")


def _check_address(email: str, display_name: str) -> None:
    if len(email) > EMAIL_LENGTH or not ADDRESS.fullmatch(email.strip()):
        raise Invalid(lazy("Escriba un correo electrónico completo."), field="email")
    if len(display_name) > NAME_LENGTH:
        raise Invalid(lazy("El nombre es demasiado largo."), field="display_name")


def _check_password(password: str) -> None:
    if not passwords.MINIMUM_LENGTH <= len(password) <= passwords.MAXIMUM_LENGTH:
        sentence = lazy("La contraseña necesita de %(min)d a %(max)d caracteres.", **_PASSWORD_LENGTHS)
        raise Invalid(sentence, field="password")


def _keep_one_administrator() -> None:
    """Locks the administrators' rows: two that withdraw each other at once cannot both succeed."""
    administrators = (
        select(RoleGrant.id)
        .where(RoleGrant.role == Role.ADMINISTRATOR, RoleGrant.challenge_id.is_(None))
        .order_by(RoleGrant.id)
        .with_for_update()
    )
    if len(db.session.execute(administrators).all()) <= 1:
        raise Conflict(lazy("Tiene que quedar al menos una persona que administre."))
