"""Who may hide, restore and release."""

from enum import StrEnum
from typing import Any

from lab.contributions.models import State
from lab.contributions.permissions import is_published, moderates
from lab.core.actors import Actor
from lab.core.errors import Conflict
from lab.core.i18n import lazy
from lab.core.permissions import declare, predicate


class ModerationAction(StrEnum):
    HIDE = "moderation.hide"
    RESTORE = "moderation.restore"
    RELEASE = "moderation.release"
    SEE_QUEUE = "moderation.see_queue"


@predicate(lazy("Este aporte no está oculto."), Conflict)
def is_hidden(_actor: Actor, subject: Any) -> bool:
    return bool(subject.state == State.HIDDEN)


@predicate(lazy("Este aporte ya no espera revisión."), Conflict)
def is_held(_actor: Actor, subject: Any) -> bool:
    return bool(subject.state == State.HELD)


PERMISSIONS = {
    ModerationAction.HIDE: [[moderates, is_published], [moderates, is_held]],
    ModerationAction.RESTORE: [[moderates, is_hidden]],
    ModerationAction.RELEASE: [[moderates, is_held]],
    ModerationAction.SEE_QUEUE: [[moderates]],
}
declare(PERMISSIONS)
