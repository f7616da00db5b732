"""People as tests need them."""

from uuid import uuid4

from argon2 import PasswordHasher
from sqlalchemy import insert

from lab.accounts import operations, queries
from lab.accounts.models import Person, RoleGrant
from lab.core.actors import Actor, Assurance, Role
from lab.core.db import db, unit_of_work

PASSWORD = "una clave larga"
# Written straight into the table with the cheapest hash: the real one takes 60 ms, and people are in every test.
_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


def a_person(name: str = "Vecina", *, consented: bool = True, assurance: Assurance = Assurance.CONFIRMED) -> Actor:
    """An account with the password `PASSWORD` and an address of its own."""
    email = f"{uuid4().hex}@example.org"
    values = {"display_name": name, "email": email, "password_hash": _HASH, "assurance": int(assurance)}
    with db.engine.begin() as connection:
        person_id = connection.execute(insert(Person).values(**values).returning(Person.id)).scalar_one()
    actor = queries.get_actor(person_id)
    return consenting(actor) if consented else actor


def a_guest(name: str = "Visita") -> Actor:
    """Somebody who contributed without an account."""
    return consenting(Actor(guest_key=uuid4().hex), name)


def a_staff_member(role: Role, challenge_id: int | None = None, name: str = "") -> Actor:
    """An account with a role, for the whole lab or for one challenge."""
    actor = a_person(name or f"Equipo {role}")
    with db.engine.begin() as connection:
        grant = {"person_id": actor.person_id, "role": role, "challenge_id": challenge_id}
        connection.execute(insert(RoleGrant).values(**grant))
    return again(actor)


def consenting(actor: Actor, name: str = "") -> Actor:
    """The actor after the step before a first contribution."""
    seen = queries.get_consent_step("es", {}).seen
    with unit_of_work():
        return operations.become_participant(actor, operations.Acceptance(True, True, name, "es", seen))


def again(actor: Actor) -> Actor:
    """The actor as the next request would find them."""
    assert actor.person_id is not None
    return queries.get_actor(actor.person_id)


def email_of(actor: Actor) -> str:
    return str(db.session.get_one(Person, actor.person_id).email)
