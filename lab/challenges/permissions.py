"""Who runs challenges, and the predicates of phase and assurance that every higher feature's table uses."""

from enum import StrEnum
from typing import Any

from lab.challenges.phases import Activity
from lab.core.actors import Actor, Assurance, Role
from lab.core.errors import NeedsAssurance, WrongPhase
from lab.core.i18n import lazy
from lab.core.permissions import Predicate, declare, is_system, predicate


class ChallengeAction(StrEnum):
    CREATE = "challenge.create"
    EDIT = "challenge.edit"
    PUBLISH = "challenge.publish"
    MOVE = "challenge.move"
    MANAGE = "challenge.manage"


@predicate(lazy("Solo quien facilita este reto puede hacer esto."))
def facilitates(actor: Actor, subject: Any) -> bool:
    """A facilitator of the challenge the subject belongs to, or of the whole lab."""
    return actor.has_role(Role.FACILITATOR, subject.challenge.id if subject else None)


@predicate(lazy("Solo quien modera este reto puede hacer esto."))
def moderates(actor: Actor, subject: Any) -> bool:
    challenge_id = subject.challenge.id if subject else None
    return actor.has_role(Role.MODERATOR, challenge_id) or actor.has_role(Role.FACILITATOR, challenge_id)


@predicate(lazy("Solo el equipo de este reto puede ver esta página."))
def analyses(actor: Actor, subject: Any) -> bool:
    """Analysts read what the team reads; every act behind a manage page asks for a role of its own."""
    return actor.has_role(Role.ANALYST, subject.challenge.id if subject else None)


@predicate(lazy("Este reto todavía no está publicado."), WrongPhase)
def is_open_to_public(_actor: Actor, subject: Any) -> bool:
    return subject.challenge.published_at is not None


@predicate(lazy("Este reto no está en marcha en este momento."), WrongPhase)
def is_running(_actor: Actor, subject: Any) -> bool:
    return subject.challenge.stage.phase is not None


def phase_allows(activity: Activity) -> Predicate:
    """The present phase asks for this activity."""

    def test(_actor: Actor, subject: Any) -> bool:
        return bool(subject.challenge.stage.allows(activity))

    sentence = lazy("En la fase actual de este reto esto no está abierto. Todo lo aportado se puede leer.")
    return Predicate(f"phase_allows_{activity}", test, sentence, WrongPhase)


def known_well_enough(activity: Activity) -> Predicate:
    """The actor is known as surely as the challenge asks for this activity."""

    def test(actor: Actor, subject: Any) -> bool:
        needed: Assurance = subject.challenge.stage.assurance_for(activity)
        return actor.assurance >= needed

    sentence = lazy("En este reto, para hacer esto necesita entrar con una cuenta.")
    return Predicate(f"known_well_enough_for_{activity}", test, sentence, NeedsAssurance)


def participation(activity: Activity) -> list[Predicate]:
    """When and how surely known: what each participation rule begins with."""
    return [is_open_to_public, phase_allows(activity), known_well_enough(activity)]


PERMISSIONS = {
    ChallengeAction.CREATE: [[facilitates], [is_system]],
    ChallengeAction.EDIT: [[facilitates], [is_system]],
    ChallengeAction.PUBLISH: [[facilitates], [is_system]],
    ChallengeAction.MOVE: [[facilitates], [is_system]],
    ChallengeAction.MANAGE: [[moderates], [analyses]],
}
declare(PERMISSIONS)
