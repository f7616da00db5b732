"""Who may bring, change and withdraw an idea, and in which phase."""

from enum import StrEnum
from typing import Any

from lab.accounts.permissions import consented
from lab.challenges.permissions import is_open_to_public, is_running
from lab.challenges.phases import Activity
from lab.contributions.models import State
from lab.contributions.permissions import is_author, is_draft, is_reviewed, is_unfinished
from lab.core.actors import Actor
from lab.core.errors import NeedsAssurance, WrongPhase
from lab.core.i18n import lazy
from lab.core.permissions import declare, predicate


class IdeaAction(StrEnum):
    PROPOSE = "idea.propose"
    PUBLISH = "idea.publish"
    EDIT = "idea.edit"
    WITHDRAW = "idea.withdraw"
    SEE_OWN = "idea.see_own"


@predicate(lazy("En la fase actual este reto no recibe aportes de este tipo."), WrongPhase)
def phase_asks_for_kind(_actor: Actor, subject: Any) -> bool:
    return bool(subject.challenge.stage.allows(Activity(subject.kind)))


@predicate(lazy("En este reto, para aportar necesita entrar con una cuenta."), NeedsAssurance)
def known_well_enough(actor: Actor, subject: Any) -> bool:
    return actor.assurance >= subject.challenge.stage.assurance_for(Activity(subject.kind))


def returns_to_review(actor: Actor, subject: Any) -> bool:
    """Whether a change by this actor takes a public text out of sight until somebody reviewed it."""
    return subject.state == State.PUBLISHED and is_reviewed(actor, subject)


_MAY_BRING = [is_open_to_public, phase_asks_for_kind, known_well_enough]

PERMISSIONS = {
    IdeaAction.PROPOSE: [[*_MAY_BRING, consented]],
    IdeaAction.PUBLISH: [[is_author, is_draft, *_MAY_BRING]],
    IdeaAction.EDIT: [[is_author, is_unfinished, is_running]],
    IdeaAction.WITHDRAW: [[is_author, is_unfinished]],
    # In every state, also withdrawn: what somebody did to their own text is told again, not refused, when sent twice.
    IdeaAction.SEE_OWN: [[is_author]],
}
declare(PERMISSIONS)
