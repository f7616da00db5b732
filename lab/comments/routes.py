"""The doors of comments, and the discussion as a panel below any contribution."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import flash, redirect, request

from lab.accounts.permissions import consented
from lab.accounts.queries import find_consent_text
from lab.comments import operations, presenters, queries, threads
from lab.comments.forms import CommentForm
from lab.comments.permissions import CommentAction
from lab.comments.queries import CommentView
from lab.comments.threads import CommentOrder
from lab.contributions.models import Kind, State
from lab.contributions.permissions import moderates
from lab.contributions.queries import ContributionView, get_visible_contribution
from lab.core import addresses, panels
from lab.core.actors import Actor, current_actor, participant
from lab.core.db import unit_of_work
from lab.core.errors import Invalid, NotFound
from lab.core.i18n import current_language, lazy
from lab.core.i18n import gettext as _
from lab.core.paths import asked_address
from lab.core.permissions import refuse_unless, why_not
from lab.core.rendering import render
from lab.core.web import Answer, Door, acknowledge, public_address, say
from lab.votes import operations as votes
from lab.votes.presenters import present_standing
from lab.votes.queries import may_support

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
    return _form_page(_discussed(target_id))


@bp.fills("/comments/<int:comment_id>/reply")
def reply(comment_id: int) -> Answer:
    comment = queries.get_visible_comment(current_actor(), comment_id)
    return _form_page(_discussed(comment.target_id), comment)


@bp.reads("/comments/<int:comment_id>")
def thread(comment_id: int) -> Answer:
    """A comment's own page: its permanent address, and where a long thread goes on."""
    actor = current_actor()
    comment = queries.get_discussed_comment(actor, comment_id)
    target = get_visible_contribution(actor, comment.target_id)
    talk = threads.get_thread(actor, comment, request.args.get("after"))
    drawing = replace(_drawing(actor, target), page_of=comment.id)
    return render(
        "comments/thread.html",
        comment=comment,
        target=target,
        back=addresses.address_of(target.kind, target.id),
        node=presenters.draw_node(talk.top, drawing),
        may_support=drawing.may_support,
        side=panels.panels_for("contribution.side", actor, comment),
        next_url=f"{request.path}?{urlencode({'after': talk.next_cursor})}" if talk.next_cursor else "",
        canonical=public_address(),
    )


@bp.writes("/comments/<int:comment_id>/support")
def support(comment_id: int) -> Answer:
    """Supports a comment or takes the support back (value 0)."""
    with unit_of_work():
        actor = participant()
        choice = queries.get_choice(actor, comment_id)
        standing = votes.set_support(actor, choice, wanted=request.form.get("value") != "0")
    state = present_standing(standing, choice.ballot.totals_shown)
    return acknowledge(state, f"/comments/{comment_id}", anchor=f"#comment-{comment_id}")


@bp.fills("/comments/<int:comment_id>/withdraw")
def withdraw(comment_id: int) -> Answer:
    """Asks once more, then takes the comment back; sent twice, the second answer is as the first."""
    if request.method == "GET":
        comment = queries.get_visible_comment(current_actor(), comment_id)
        refuse_unless(current_actor(), CommentAction.WITHDRAW, comment)
        return render("comments/withdraw.html", comment=comment)
    with unit_of_work():
        actor = current_actor()
        comment = queries.get_comment_to_withdraw(actor, comment_id)
        operations.withdraw_comment(actor, comment)
    say(_("Retiró su comentario."))
    return redirect(addresses.address_of(comment.target_kind, comment.target_id), 303)


def _form_page(target: ContributionView, comment: CommentView | None = None) -> Answer:
    form = CommentForm()
    if request.method == "GET":
        _refuse_early(target, comment)
    elif form.validate():
        try:
            return _written(target.id, form, comment.id if comment else None)
        except Invalid as refusal:
            form.refuse(refusal.field, refusal.message)
    return render(
        "comments/form.html",
        target=target,
        back=addresses.address_of(target.kind, target.id),
        comment=comment,
        form=form,
        consent=find_consent_text(current_actor(), current_language(), request.form),
    )


def _refuse_early(target: ContributionView, comment: CommentView | None) -> None:
    """Nobody types a text that could only be refused."""
    refuse_unless(current_actor(), CommentAction.WRITE, target, apart_from=consented)
    if comment is not None:
        refuse_unless(current_actor(), CommentAction.ANSWER, comment)


def _written(target_id: int, form: CommentForm, parent_id: int | None = None) -> Answer:
    with unit_of_work():
        actor = participant()
        target = _discussed(target_id, actor)
        parent = queries.get_visible_comment(actor, parent_id) if parent_id else None
        written = operations.CommentText(form.body.data or "", parent)
        inserted = operations.write_comment(actor, target, written, form.key.data or "")
        state = queries.get_visible_comment(actor, inserted.id).state
    flash(f"comment:{parent_id or target_id}", "draft-sent")
    published = state == State.PUBLISHED
    say(_("Su comentario ya está publicado.") if published else _("Lo recibimos. Se publicará cuando se revise."))
    return redirect(_place_of(actor, target, inserted.id), 303)


def _place_of(actor: Actor, target: ContributionView, comment_id: int) -> str:
    """Where the writer sees it: in the discussion if its first page shows it, else on a page of its own."""
    first = threads.list_threads(actor, target, CommentOrder.OLDEST).rows
    drawn = threads.is_drawn(comment_id, first)
    kind, number = (target.kind, target.id) if drawn else (Kind.COMMENT, comment_id)
    return f"{addresses.address_of(kind, number)}#comment-{comment_id}"


def _discussed(target_id: int, actor: Actor | None = None) -> ContributionView:
    """What may be discussed: any contribution but a comment, which is answered instead."""
    target = get_visible_contribution(actor or current_actor(), target_id)
    if target.kind == Kind.COMMENT:
        raise NotFound(lazy("No encontramos este aporte."))
    return target


def _drawing(actor: Actor, subject: Any) -> presenters.Drawing:
    """A visitor without consent sees the forms; the step comes with the first one they send."""
    may_write = why_not(actor, CommentAction.WRITE, subject, apart_from=consented) is None
    moderated_at = asked_address() if moderates.holds(actor, subject) else ""
    return presenters.Drawing(actor, may_write, may_support(actor, subject.challenge), moderated_at)


def _discussion(actor: Actor, subject: Any) -> panels.Panel | None:
    if subject.state != State.PUBLISHED:
        return None
    wished = request.args.get("comments", "")
    order = next((each for each in CommentOrder if each == wished), CommentOrder.OLDEST)
    page = threads.list_threads(actor, subject, order, request.args.get("after"))
    drawing = _drawing(actor, subject)
    obstacle = why_not(actor, CommentAction.WRITE, subject, apart_from=consented)
    context = {
        "subject": subject,
        "nodes": [presenters.draw_node(node, drawing) for node in page.rows],
        "drawing": drawing,
        "why_not": obstacle.refusal if obstacle else "",
        "form": CommentForm(formdata=None),
        "order": order,
        "orders": ORDER_NAMES,
        "next_url": _next_page(order, page.next_cursor),
    }
    return panels.Panel("comments/_discussion.html", context, order=30)


def _next_page(order: CommentOrder, cursor: str | None) -> str:
    return f"{request.path}?{urlencode({'comments': order, 'after': cursor})}#comments" if cursor else ""
