"""The doors of moderators: what waits, what is hidden, and the three acts."""

from typing import Any
from urllib.parse import urlencode

from flask import redirect, request, url_for

from lab.challenges.queries import get_managed_challenge
from lab.contributions.models import State
from lab.contributions.permissions import is_author
from lab.core import addresses, panels
from lab.core.actors import Actor, current_actor
from lab.core.db import unit_of_work
from lab.core.errors import Conflict, Invalid
from lab.core.i18n import gettext as _
from lab.core.paths import asked_address, own_path
from lab.core.permissions import can, is_staff, refuse_unless
from lab.core.rendering import render
from lab.core.web import Answer, Door, say
from lab.moderation import operations, presenters, queries
from lab.moderation.forms import HideForm
from lab.moderation.permissions import ModerationAction
from lab.moderation.queries import Moderated

bp = Door("moderation", __name__)


def register() -> None:
    """Puts the queue on a challenge's manage screen, and acts and notices beside each contribution; tells lower
    pages where one is hidden."""
    addresses.register("hiding", "/manage/contributions/{id}/hide")
    panels.register("manage.challenge", _queue_link)
    panels.register("contribution.side", _beside)


@bp.reads("/manage/challenges/<slug>/moderation", entry=is_staff)
def queue(slug: str) -> Answer:
    """What waits for review; with `?state=hidden` what is out of sight."""
    actor = current_actor()
    challenge = get_managed_challenge(actor, slug)
    refuse_unless(actor, ModerationAction.SEE_QUEUE, challenge)
    state = State.HIDDEN if request.args.get("state") == State.HIDDEN else State.HELD
    page = queries.list_queue(challenge, state, request.args.get("after"))
    hidings = queries.find_last_hidings([row.id for row in page.rows]) if state == State.HIDDEN else {}
    return render(
        "moderation/queue.html",
        challenge=challenge,
        items=[presenters.present(actor, row, hidings.get(row.id)) for row in page.rows],
        state=state,
        waiting=queries.count_held(challenge.id),
        now_at=asked_address(),
        next_url=f"{request.path}?{urlencode({'state': state, 'after': page.next_cursor})}" if page.next_cursor else "",
    )


@bp.fills("/manage/contributions/<int:contribution_id>/hide", entry=is_staff)
def hide(contribution_id: int) -> Answer:
    """Asks for the reason, then hides."""
    moderated = queries.get_moderated(current_actor(), contribution_id)
    form = HideForm()
    target = own_path(request.values.get("next"), _queue_address(moderated))
    if request.method == "POST" and form.validate():
        try:
            with unit_of_work():
                actor = current_actor()
                operations.hide(actor, queries.get_to_moderate(actor, contribution_id), form.reason())
            say(_("Quedó oculto. Quien lo escribió puede leer el motivo."), undo=_address("restore", contribution_id))
            return redirect(target, 303)
        except Invalid as refusal:
            form.refuse("detail" if refusal.field == "reason" else refusal.field, refusal.message)
    return render("moderation/hide.html", item=presenters.present(current_actor(), moderated), form=form, next=target)


@bp.writes("/manage/contributions/<int:contribution_id>/restore", entry=is_staff)
def restore(contribution_id: int) -> Answer:
    with unit_of_work():
        actor = current_actor()
        moderated = queries.get_to_moderate(actor, contribution_id)
        operations.restore(actor, moderated)
    if not moderated.was_public:
        say(_("Volvió a la lista de lo que espera revisión."))
    else:
        say(_("Se ve otra vez como antes."))
    return redirect(own_path(request.form.get("next"), _queue_address(moderated)), 303)


@bp.writes("/manage/contributions/<int:contribution_id>/release", entry=is_staff)
def release(contribution_id: int) -> Answer:
    """Publishes the version that the form showed; where it changed, says so over the page that shows the new one."""
    try:
        with unit_of_work():
            actor = current_actor()
            moderated = queries.get_to_moderate(actor, contribution_id)
            operations.release(actor, moderated, request.form.get("version", 0, int))
        say(_("Quedó publicado."))
    except Conflict as refusal:
        say(refusal.message, "warning")
    return redirect(own_path(request.form.get("next"), _queue_address(moderated)), 303)


def _address(act: str, contribution_id: int) -> str:
    return url_for(f"moderation.{act}", contribution_id=contribution_id)


def _queue_address(moderated: Moderated) -> str:
    return url_for(".queue", slug=moderated.challenge.slug)


def _queue_link(actor: Actor, challenge: Any) -> panels.Panel | None:
    if not can(actor, ModerationAction.SEE_QUEUE, challenge):
        return None
    context = {"slug": challenge.slug, "waiting": queries.count_held(challenge.id)}
    return panels.Panel("moderation/_manage.html", context, order=30)


def _beside(actor: Actor, contribution: Any) -> panels.Panel | None:
    """For moderators the next act, for the author of something held or hidden a notice; for others nothing."""
    moderates = can(actor, ModerationAction.SEE_QUEUE, contribution)
    unseen = contribution.state in (State.HELD, State.HIDDEN)
    withdrawn = contribution.state == State.WITHDRAWN
    if withdrawn or not (moderates or (unseen and is_author.holds(actor, contribution))):
        return None
    hidden = contribution.state == State.HIDDEN
    context = {
        "id": contribution.id,
        "version": contribution.version,
        "state": contribution.state,
        "reason": queries.find_last_reason(contribution.id) if hidden else None,
        "moderates": moderates,
        "may_hide": can(actor, ModerationAction.HIDE, contribution),
    }
    return panels.Panel("moderation/_side.html", context, order=10)
