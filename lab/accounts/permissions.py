"""Who may act on people, roles and legal texts."""

from enum import StrEnum

from lab.core.actors import Actor, Role
from lab.core.errors import NeedsConsent
from lab.core.i18n import lazy
from lab.core.permissions import anybody, declare, is_system, predicate, signed_in


class AccountAction(StrEnum):
    BECOME_PARTICIPANT = "account.become_participant"
    CHANGE_PASSWORD = "account.change_password"  # noqa: S105 - the name of an action
    CREATE_PERSON = "account.create_person"
    GRANT_ROLE = "account.grant_role"
    PUBLISH_TEXT = "account.publish_text"


@predicate(lazy("Solo quien administra el laboratorio puede hacer esto."))
def administers(actor: Actor, _subject: object) -> bool:
    return actor.has_role(Role.ADMINISTRATOR)


@predicate(lazy("Solo quien administra el laboratorio o facilita este reto puede dar roles en él."))
def leads_scope(actor: Actor, scope: object) -> bool:
    """Facilitators share the work of their own challenge; roles for the whole lab are the administrators'."""
    challenge_id = getattr(scope, "challenge_id", None)
    return challenge_id is not None and actor.has_role(Role.FACILITATOR, challenge_id)


@predicate(lazy("Quien facilita un reto puede nombrar a quienes facilitan, moderan o analizan, no a quien administra."))
def is_modest(_actor: Actor, scope: object) -> bool:
    return getattr(scope, "role", None) != Role.ADMINISTRATOR


@predicate(lazy("Antes de su primer aporte, lea y acepte las condiciones."), NeedsConsent)
def consented(actor: Actor, _subject: object) -> bool:
    return actor.consented


PERMISSIONS = {
    AccountAction.BECOME_PARTICIPANT: [[anybody]],
    AccountAction.CHANGE_PASSWORD: [[signed_in], [is_system]],
    AccountAction.CREATE_PERSON: [[is_system], [administers]],
    AccountAction.GRANT_ROLE: [[administers], [leads_scope, is_modest]],
    AccountAction.PUBLISH_TEXT: [[administers]],
}
declare(PERMISSIONS)
