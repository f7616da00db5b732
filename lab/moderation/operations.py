"""Hide, restore, release: each with a record of who and why."""

from sqlalchemy import insert

from lab.contributions import operations as contributions
from lab.contributions.models import State
from lab.core.actors import Actor
from lab.core.db import db
from lab.core.errors import Conflict, Invalid
from lab.core.i18n import lazy
from lab.core.permissions import can, require
from lab.core.signals import publish
from lab.moderation.models import Act, ModerationAct
from lab.moderation.permissions import ModerationAction
from lab.moderation.queries import Moderated
from lab.moderation.signals import ContributionModerated


def hide(actor: Actor, moderated: Moderated, reason: str) -> None:
    """Takes a public or held contribution out of sight; its author reads the reason. Sent twice it is done once.

    Refuses with `Invalid` a missing reason. Publishes `ContributionModerated` (and `ContributionRemoved`).
    """
    if _is_done(actor, moderated, State.HIDDEN):
        return
    require(actor, ModerationAction.HIDE, moderated)
    if not reason.strip():
        raise Invalid(lazy("Escriba el motivo: lo leerá quien hizo el aporte."), field="reason")
    if moderated.state == State.PUBLISHED:
        contributions.remove_from_public(moderated.id, State.HIDDEN)
    else:
        contributions.change_state(moderated.id, moderated.state, State.HIDDEN)
    _record(actor, moderated, Act.HIDE, reason)


def restore(actor: Actor, moderated: Moderated, reason: str = "") -> None:
    """Puts a hidden contribution back as it was: public, or waiting for review if this text never was public.

    Sent twice it is done once. Publishes `ContributionModerated` (and `ContributionPublished`).
    """
    if _is_done(actor, moderated, State.PUBLISHED, State.HELD):
        return
    require(actor, ModerationAction.RESTORE, moderated)
    if not moderated.was_public:
        contributions.change_state(moderated.id, State.HIDDEN, State.HELD)
    else:
        contributions.make_public(moderated.id, State.HIDDEN, moderated.words, moderated.version)
    _record(actor, moderated, Act.RESTORE, reason)


def release(actor: Actor, moderated: Moderated, seen: int) -> None:
    """Publishes the version of what waited that the moderator read (`seen`); sent twice it is done once.

    Refuses with `Conflict` when its author changed it meanwhile: nothing becomes public unread. Publishes
    `ContributionModerated` and `ContributionPublished`.
    """
    if _is_done(actor, moderated, State.PUBLISHED):
        return
    require(actor, ModerationAction.RELEASE, moderated)
    if moderated.version != seen:
        raise Conflict(lazy("El texto cambió mientras usted lo revisaba. Lea la versión nueva antes de publicarla."))
    contributions.make_public(moderated.id, State.HELD, moderated.words, seen)
    _record(actor, moderated, Act.RELEASE, "")


def _is_done(actor: Actor, moderated: Moderated, *wanted: State) -> bool:
    """Whether somebody who may do it finds it done already: a second press is no error."""
    if moderated.state not in wanted or not can(actor, ModerationAction.SEE_QUEUE, moderated):
        return False
    require(actor, ModerationAction.SEE_QUEUE, moderated)
    return True


def _record(actor: Actor, moderated: Moderated, act: Act, reason: str) -> None:
    values = {
        "contribution_id": moderated.id,
        "act": act,
        "reason": reason.strip(),
        "acted_by": actor.person_id,
    }
    db.session.execute(insert(ModerationAct).values(**values))
    publish(ContributionModerated(moderated.id, act))
