"""Writing and withdrawing comments."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, update

from lab.challenges.operations import count_public
from lab.comments.models import Comment
from lab.comments.permissions import CommentAction
from lab.comments.queries import CommentView
from lab.contributions import operations as contributions
from lab.contributions.models import Contribution, Kind, State
from lab.core.actors import Actor
from lab.core.db import db
from lab.core.errors import Invalid
from lab.core.i18n import lazy
from lab.core.permissions import require


@dataclass(frozen=True)
class CommentText:
    """What a person says, and which comment it answers (None: the contribution itself)."""

    body: str
    parent: CommentView | None = None


def write_comment(actor: Actor, target: Any, written: CommentText, key: str) -> contributions.Inserted:
    """Adds a comment to a loaded contribution, in its language (held first where the challenge reviews guests).

    Sent twice with the same key it is stored once; another text under that key is another comment. Refuses by the
    table of permissions, also an answer to a comment that is gone or too deep; with `Invalid` an empty text or an
    answer to a comment of another discussion. Publishes `ContributionPublished` unless held.
    """
    require(actor, CommentAction.WRITE, target)
    if written.parent:
        require(actor, CommentAction.ANSWER, written.parent)
    _check(target, written)
    state = contributions.first_state(actor, target.challenge)
    new = contributions.NewContribution(
        target.challenge,
        Kind.COMMENT,
        language=target.language,
        idempotency_key=key,
        content=f"{target.id} {written.parent and written.parent.id} {written.body}",
    )
    inserted = contributions.insert_contribution(actor, new, state)
    if inserted.new:
        db.session.execute(insert(Comment).values(id=inserted.id, **_place(target, written, inserted.id)))
        contributions.store_version(actor, inserted.id, 1, "", {"body": written.body})
        if state == State.PUBLISHED:
            contributions.tell_published(inserted.id, target.challenge.id, Kind.COMMENT, written.body)
    return inserted


def withdraw_comment(actor: Actor, comment: CommentView) -> None:
    """Takes a comment back; a notice keeps its place where somebody answered. Sent twice it is done once.

    Publishes `ContributionRemoved` if it was public.
    """
    require(actor, CommentAction.WITHDRAW, comment)
    if comment.state == State.WITHDRAWN:
        return
    if comment.state == State.PUBLISHED:
        contributions.remove_from_public(comment.id, State.WITHDRAWN)
    else:
        contributions.change_state(comment.id, comment.state, State.WITHDRAWN)


def count_in_discussion(comment_id: int, step: int) -> None:
    """Moves the counter of the contribution that a comment discusses, and of the comments above it."""
    comment = db.session.get_one(Comment, comment_id)
    contributions.count_comments(comment.target_id, step)
    if comment.parent_id is not None:
        _count_above(comment.parent_id, step)


def count_out_of_challenge(target_id: int, challenge_id: int, step: int) -> None:
    """A contribution left (or returned to) the public: its discussion leaves the challenge's count with it."""
    comments = db.session.get_one(Contribution, target_id, populate_existing=True).comment_count
    if comments:
        count_public(challenge_id, comments=step * comments)


def _count_above(parent_id: int, step: int) -> None:
    """Comes after the count of what is discussed: whoever holds that row has the thread to themselves."""
    above = select(Comment.id, Comment.parent_id).where(Comment.id == parent_id).cte("above", recursive=True)
    above = above.union_all(select(Comment.id, Comment.parent_id).join(above, Comment.id == above.c.parent_id))
    statement = update(Comment).where(Comment.id.in_(select(above.c.id))).values(below=Comment.below + step)
    db.session.execute(statement, execution_options={"synchronize_session": False})


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
    if written.parent and written.parent.target_id != target.id:
        raise Invalid(lazy("Este comentario es de otra conversación."))
