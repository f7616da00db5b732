"""The facilitator's screen of a ballot. Casting has its doors where the options are: ideas and comments."""

from typing import Any

from flask import redirect, request

from lab.challenges.queries import get_managed_challenge
from lab.core import panels
from lab.core.actors import Actor, current_actor
from lab.core.db import unit_of_work
from lab.core.errors import Invalid
from lab.core.i18n import gettext as _
from lab.core.permissions import can, is_staff, refuse_unless
from lab.core.rendering import render
from lab.core.web import Answer, Door, say
from lab.votes import operations
from lab.votes.forms import BallotForm
from lab.votes.models import Purpose
from lab.votes.permissions import VoteAction
from lab.votes.queries import get_running_ballot

bp = Door("votes", __name__)


def register() -> None:
    panels.register("manage.challenge", _ballot_link)


@bp.fills("/manage/challenges/<slug>/ballot", entry=is_staff)
def ballot(slug: str) -> Answer:
    """Window, maximum per person and when totals are shown."""
    challenge = get_managed_challenge(current_actor(), slug)
    refuse_unless(current_actor(), VoteAction.SET_BALLOT, challenge)
    present = get_running_ballot(challenge.id, Purpose.IDEAS)
    form = BallotForm(data=BallotForm.values_of(present))
    if request.method == "POST" and form.validate():
        try:
            with unit_of_work():
                operations.set_ballot(current_actor(), challenge, form.terms())
            say(_("La priorización quedó guardada."))
            return redirect(f"/manage/challenges/{slug}", 303)
        except Invalid as refusal:
            form.refuse(refusal.field, refusal.message)
    return render("votes/ballot.html", challenge=challenge, form=form, ballot=present)


def _ballot_link(actor: Actor, challenge: Any) -> panels.Panel | None:
    if not can(actor, VoteAction.SET_BALLOT, challenge):
        return None
    return panels.Panel("votes/_manage.html", {"slug": challenge.slug}, order=40)
