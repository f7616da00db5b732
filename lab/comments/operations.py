"""Writing and withdrawing comments."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert

from lab.challenges.operations import count_public
from lab.comments.models import DEPTH_LIMIT, Comment
from lab.comments.permissions import CommentAction
from lab.comments.queries import CommentView
from lab.contributions import operations as contributions
from lab.contributions.models import Contribution, Kind, State
from lab.core.actors import Actor
from lab.core.db import db
from lab.core.errors import Conflict, Invalid
from lab.core.i18n import lazy
from lab.core.permissions import require


@dataclass(frozen=True)
class CommentText:
    """What a person says, and which comment it answers (None: the contribution itself)."""

    body: str
    language: str = "es"
    parent: CommentView | None = None


def write_comment(actor: Actor, target: Any, written: CommentText, key: str) -> contributions.Inserted:
    """Adds a comment to a loaded contribution (held first where the challenge reviews guests).

    Sent twice with the same key it is stored once. Refuses by the table of permissions; with `Invalid` an
    empty text or an answer to a comment of another discussion; with `Conflict` an answer to one that is gone
    or a thread that became too deep. Publishes `ContributionPublished` unless held.
    """
    require(actor, CommentAction.WRITE, target)
    _check(target, written)
    state = contributions.first_state(actor, target.challenge)
    new = contributions.NewContribution(target.challenge, Kind.COMMENT, language=written.language, idempotency_key=key)
    inserted = contributions.insert_contribution(actor, new, state)
    if inserted.new:
        db.session.execute(insert(Comment).values(id=inserted.id, **_place(target, written, inserted.id)))
        contributions.store_version(actor, inserted.id, 1, "", {"body": written.body})
        if state == State.PUBLISHED:
            contributions.tell_published(inserted.id, target.challenge.id, Kind.COMMENT, written.body)
    return inserted


def withdraw_comment(actor: Actor, comment: CommentView) -> None:
    """Takes a comment back; a notice keeps its place. Publishes `ContributionRemoved` if it was public."""
    require(actor, CommentAction.WITHDRAW, comment)
    if comment.state == State.PUBLISHED:
        contributions.remove_from_public(comment.id, State.WITHDRAWN)
    else:
        contributions.change_state(comment.id, comment.state, State.WITHDRAWN)


def count_in_target(comment_id: int, step: int) -> None:
    """Moves the counter of the contribution that a comment discusses."""
    target_id = db.session.get_one(Comment, comment_id).target_id
    contributions.count_comments(target_id, step)


def count_out_of_challenge(target_id: int, challenge_id: int, step: int) -> None:
    """A contribution left (or returned to) the public: its discussion leaves the challenge's count with it."""
    comments = db.session.get_one(Contribution, target_id, populate_existing=True).comment_count
    if comments:
        count_public(challenge_id, comments=step * comments)


def _place(target: Any, written: CommentText, comment_id: int) -> dict[str, Any]:
    parent = written.parent
    return {
        "target_id": target.id,
        "parent_id": parent.id if parent else None,
        "root_id": parent.root_id if parent else comment_id,
        "depth": parent.depth + 1 if parent else 0,
        "body": written.body,
    }


def _check(target: Any, written: CommentText) -> None:
    if not written.body:
        raise Invalid(lazy("Escriba su comentario."), field="body")
    if written.parent is None:
        return
    if written.parent.target_id != target.id:
        raise Invalid(lazy("Este comentario es de otra conversación."))
    if written.parent.state != State.PUBLISHED:
        raise Conflict(lazy("El comentario al que responde ya no está."))
    if written.parent.depth >= DEPTH_LIMIT:
        raise Conflict(lazy("Esta conversación llegó a su límite. Empiece un comentario nuevo."))
