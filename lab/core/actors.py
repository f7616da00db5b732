"""Who acts. An operation is given an actor; it never looks for one in the request."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any
from uuid import uuid4

from flask import current_app, g, request, session
from flask_login import current_user


class Assurance(IntEnum):
    """How surely we know a person, from a click in a browser to a verified identity."""

    GUEST = 0
    ACCOUNT = 1
    CONFIRMED = 2
    VERIFIED = 3


class Role(StrEnum):
    """What a person may be trusted with, for the whole lab or for one challenge."""

    FACILITATOR = "facilitator"
    MODERATOR = "moderator"
    ANALYST = "analyst"
    ADMINISTRATOR = "administrator"


Grant = tuple[Role, int | None]


@dataclass(frozen=True)
class Actor:
    """A person, a guest not yet stored (`person_id` is None) or the system itself."""

    person_id: int | None = None
    guest_key: str | None = None
    display_name: str = ""
    assurance: Assurance = Assurance.GUEST
    language: str = "es"
    consented: bool = False
    grants: frozenset[Grant] = field(default_factory=frozenset)
    system: bool = False

    @property
    def signed_in(self) -> bool:
        return self.person_id is not None and self.assurance >= Assurance.ACCOUNT

    @property
    def is_guest(self) -> bool:
        return not self.signed_in and not self.system

    @property
    def is_staff(self) -> bool:
        return self.system or bool(self.grants)

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(role for role, _ in self.grants)

    def has_role(self, role: Role, challenge_id: int | None = None) -> bool:
        """Whether the role holds for the whole lab, or for this challenge; administrators hold every role."""
        wanted = {(role, None), (Role.ADMINISTRATOR, None), (role, challenge_id)}
        return self.system or not wanted.isdisjoint(self.grants)


SYSTEM = Actor(display_name="Lab Abierto", assurance=Assurance.VERIFIED, consented=True, system=True)


def current_actor() -> Actor:
    """The actor of this request: signed in, a known guest, or a visitor who could become one."""
    if "actor" not in g:
        g.actor = (_signed_in_actor() or _guest_actor()) if has_session() else Actor()
    return g.actor


def has_session() -> bool:
    """Whether this browser sent a session: without one nothing is looked up, and the page may be shared."""
    return current_app.config["SESSION_COOKIE_NAME"] in request.cookies


def forget_current_actor() -> None:
    """Makes the next `current_actor()` read the session anew (after sign-in or a first contribution)."""
    g.pop("actor", None)


def participant() -> Actor:
    """The actor of this write as a stored person, with the consent step of the form taken if it carried one.

    Called inside the unit of work of a contribution; two clicks of one browser make one guest.
    """
    actor = _ways["join"](current_actor(), request.form)
    if actor.is_guest and actor.person_id is not None:
        session["contributed"] = True
    forget_current_actor()  # a page drawn after a failed write must not know somebody who was not stored
    return actor


def remember_guest() -> str:
    """Gives this browser the signed guest id under which a first contribution will be stored; returns it."""
    if "guest" not in session:
        session["guest"] = uuid4().hex
        session.permanent = True
    return str(session["guest"])


def people_are_kept_by(
    find_guest: Callable[[str], Actor | None], join: Callable[[Actor, Mapping[str, str]], Actor]
) -> None:
    """Tells how a guest is found by the key in the session, and how an actor becomes a stored person."""
    _ways.update(guest=find_guest, join=join)


_ways: dict[str, Callable[..., Any]] = {}


def _signed_in_actor() -> Actor | None:
    return current_user.actor if current_user.is_authenticated else None


def _guest_actor() -> Actor:
    key = session.get("guest")
    known = _ways["guest"](key) if key and session.get("contributed") else None
    return known or Actor(guest_key=key)
