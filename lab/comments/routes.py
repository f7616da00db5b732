"""The doors of comments, and the discussion as a panel below any contribution."""

from typing import Any
from urllib.parse import urlencode

from flask import flash, jsonify, redirect, request

from lab.accounts.queries import find_consent_text
from lab.challenges.phases import Activity
from lab.challenges.queries import ChallengeView
from lab.comments import operations, presenters, queries
from lab.comments.forms import CommentForm
from lab.comments.permissions import CommentAction
from lab.comments.queries import CommentOrder, CommentView
from lab.contributions.models import Kind, State
from lab.contributions.queries import ContributionView, get_visible_contribution
from lab.core import addresses, panels
from lab.core.actors import Actor, current_actor, participant
from lab.core.db import unit_of_work
from lab.core.errors import Invalid, NotFound
from lab.core.i18n import current_language, lazy
from lab.core.i18n import gettext as _
from lab.core.permissions import why_not
from lab.core.rendering import render
from lab.core.web import Answer, Door, own_path, public_address, say, wants_json
from lab.votes import operations as votes
from lab.votes.models import Purpose
from lab.votes.presenters import present_standing

bp = Door("comments", __name__)
ORDER_NAMES = {
    CommentOrder.OLDEST: lazy("Primero los más antiguos"),
    CommentOrder.NEWEST: lazy("Primero los más recientes"),
    CommentOrder.SUPPORT: lazy("Primero los más apoyados"),
}


def register() -> None:
    addresses.register(Kind.COMMENT, "/comments/{id}")
    panels.register("contribution.below", _discussion)


@bp.fills("/contributions/<int:target_id>/comments")
def write(target_id: int) -> Answer:
    """The form's own page (where nothing typed is lost), and where the form below a contribution is sent."""
    target = _discussed(target_id)
    form = CommentForm()
    if request.method == "POST" and form.validate():
        try:
            return _written(target_id, form)
        except Invalid as refusal:
            form.refuse(refusal.field, refusal.message)
    return _form_page(target, form)


@bp.fills("/comments/<int:comment_id>/reply")
def reply(comment_id: int) -> Answer:
    comment = queries.get_visible_comment(current_actor(), comment_id)
    target = _discussed(comment.target_id)
    form = CommentForm()
    if request.method == "POST" and form.validate():
        try:
            return _written(comment.target_id, form, comment_id)
        except Invalid as refusal:
            form.refuse(refusal.field, refusal.message)
    return _form_page(target, form, comment)


@bp.reads("/comments/<int:comment_id>")
def thread(comment_id: int) -> Answer:
    """A comment's own page: its permanent address, and where a long thread goes on."""
    actor = current_actor()
    comment = queries.get_visible_comment(actor, comment_id)
    target = get_visible_contribution(actor, comment.target_id)
    node = queries.get_thread(actor, comment)
    return render(
        "comments/thread.html",
        comment=comment,
        target=target,
        back=addresses.address_of(target.kind, target.id),
        node=presenters.draw_node(node, _drawing(actor, target)),
        canonical=public_address(),
    )


@bp.writes("/comments/<int:comment_id>/support")
def support(comment_id: int) -> Answer:
    """Supports a comment or takes the support back (value 0)."""
    with unit_of_work():
        actor = participant()
        comment = queries.get_visible_comment(actor, comment_id)
        wanted = request.form.get("value") != "0"
        standing, ballot = votes.set_support(actor, comment, Purpose.COMMENTS, wanted)
    shown = present_standing(standing, ballot.totals_shown)
    if wants_json():
        return jsonify(shown)
    say(shown["sentence"])
    return redirect(f"{own_path(request.form.get('next'), f'/comments/{comment_id}')}#comment-{comment_id}", 303)


@bp.fills("/comments/<int:comment_id>/withdraw")
def withdraw(comment_id: int) -> Answer:
    actor = current_actor()
    comment = queries.get_visible_comment(actor, comment_id)
    obstacle = why_not(actor, CommentAction.WITHDRAW, comment)
    if obstacle is not None:
        raise obstacle.refuse()
    if request.method == "GET":
        return render("comments/withdraw.html", comment=comment)
    with unit_of_work():
        operations.withdraw_comment(actor, comment)
    say(_("Retiró su comentario. En su lugar queda un aviso."))
    return redirect(addresses.address_of(comment.target_kind, comment.target_id), 303)


def _written(target_id: int, form: CommentForm, parent_id: int | None = None) -> Answer:
    with unit_of_work():
        actor = participant()
        target = _discussed(target_id, actor)
        parent = queries.get_visible_comment(actor, parent_id) if parent_id else None
        written = operations.CommentText(form.body.data or "", current_language(), parent)
        inserted = operations.write_comment(actor, target, written, form.key.data or "")
        state = queries.get_visible_comment(actor, inserted.id).state
    flash(f"comment:{parent_id or target_id}", "draft-sent")
    published = state == State.PUBLISHED
    say(_("Su comentario ya está publicado.") if published else _("Lo recibimos. Se publicará cuando se revise."))
    return redirect(f"{addresses.address_of(target.kind, target.id)}#comment-{inserted.id}", 303)


def _discussed(target_id: int, actor: Actor | None = None) -> ContributionView:
    """What may be discussed: any contribution but a comment, which is answered instead."""
    target = get_visible_contribution(actor or current_actor(), target_id)
    if target.kind == Kind.COMMENT:
        raise NotFound(lazy("No encontramos este aporte."))
    return target


def _form_page(target: ContributionView, form: CommentForm, comment: CommentView | None = None) -> str:
    return render(
        "comments/form.html",
        target=target,
        back=addresses.address_of(target.kind, target.id),
        comment=comment,
        form=form,
        consent=find_consent_text(current_actor(), current_language(), request.form),
    )


def _drawing(actor: Actor, subject: Any) -> presenters.Drawing:
    """A visitor without consent sees the forms; the step comes with the first one they send."""
    obstacle = why_not(actor, CommentAction.WRITE, subject)
    may_write = obstacle is None or obstacle.name == "consented"
    return presenters.Drawing(actor, may_write, _may_support(actor, subject.challenge))


def _may_support(actor: Actor, challenge: ChallengeView) -> bool:
    stage = challenge.stage
    return stage.allows(Activity.SUPPORT) and actor.assurance >= stage.assurance_for(Activity.SUPPORT)


def _discussion(actor: Actor, subject: Any) -> panels.Panel | None:
    if subject.state != State.PUBLISHED:
        return None
    wished = request.args.get("comments", "")
    order = next((each for each in CommentOrder if each == wished), CommentOrder.OLDEST)
    page = queries.list_threads(actor, subject.id, order, request.args.get("after"))
    drawing = _drawing(actor, subject)
    obstacle = why_not(actor, CommentAction.WRITE, subject)
    context = {
        "subject": subject,
        "nodes": [presenters.draw_node(node, drawing) for node in page.rows],
        "drawing": drawing,
        "why_not": "" if drawing.may_write or obstacle is None else obstacle.refusal,
        "form": CommentForm(formdata=None),
        "order": order,
        "orders": ORDER_NAMES,
        "next_url": _next_page(order, page.next_cursor),
    }
    return panels.Panel("comments/_discussion.html", context, order=30)


def _next_page(order: CommentOrder, cursor: str | None) -> str:
    return f"{request.path}?{urlencode({'comments': order, 'after': cursor})}#comments" if cursor else ""
