"""The doors of imports: what was brought into a challenge, and taking it out again."""

from typing import Any

from flask import redirect, request, url_for

from lab.challenges.queries import get_managed_challenge
from lab.contributions.models import Channel
from lab.core import panels
from lab.core.actors import Actor, current_actor
from lab.core.db import unit_of_work
from lab.core.i18n import gettext as _
from lab.core.permissions import can, is_staff
from lab.core.rendering import render
from lab.core.web import Answer, Door, say
from lab.imports import operations, queries
from lab.imports.permissions import ImportAction

bp = Door("imports", __name__)


def register() -> None:
    """Links a challenge's imports on its manage screen, and credits the source beside what it brought."""
    panels.register("manage.challenge", _imports_link)
    panels.register("contribution.side", _credit)


@bp.reads("/manage/challenges/<slug>/imports", entry=is_staff)
def index(slug: str) -> Answer:
    """What was brought into a challenge, undone imports included."""
    actor = current_actor()
    challenge = get_managed_challenge(actor, slug)
    rows = queries.list_imports(challenge.id)
    may_undo = can(actor, ImportAction.UNDO, challenge)
    return render("imports/index.html", challenge=challenge, rows=rows, may_undo=may_undo)


@bp.fills("/manage/imports/<int:import_id>/undo", entry=is_staff)
def undo(import_id: int) -> Answer:
    """Asks once more, then removes everything the import brought."""
    if request.method == "GET":
        undone = queries.get_undoable_import(current_actor(), import_id)
        return render("imports/undo.html", undone=undone, reactions=queries.count_reactions(import_id))
    with unit_of_work():
        actor = current_actor()
        removal = operations.undo_import(actor, queries.get_managed_import(actor, import_id))
    if removal.challenge_gone:
        say(_("La importación se deshizo, y con ella el borrador del reto que había creado."))
        return redirect(url_for("challenges.manage"), 303)
    say(_("La importación se deshizo. Se puede volver a traer cuando quiera."))
    return redirect(url_for("imports.index", slug=removal.challenge_slug), 303)


def _imports_link(_actor: Actor, challenge: Any) -> panels.Panel | None:
    """Nothing where nothing was imported."""
    if not queries.has_imports(challenge.id):
        return None
    return panels.Panel("imports/_manage.html", {"slug": challenge.slug}, order=70)


def _credit(_actor: Actor, contribution: Any) -> panels.Panel | None:
    """Whose words these were, and under which licence they came."""
    if contribution.channel != Channel.IMPORT:
        return None
    origin = queries.get_origin(contribution.id)
    return panels.Panel("imports/_credit.html", {"origin": origin}, order=60)
