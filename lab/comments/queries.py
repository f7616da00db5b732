"""Reads of one comment: loaders that are gates, whatever became of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn, cast

from sqlalchemy import bindparam, select
from sqlalchemy.orm import aliased

from lab.challenges.models import Challenge
from lab.challenges.queries import CHALLENGE, ChallengeView, challenge_of
from lab.comments.models import Comment
from lab.contributions.models import Contribution, State
from lab.contributions.permissions import is_author, may_read
from lab.core.actors import Actor
from lab.core.db import Carried, Query, Record, run
from lab.core.errors import Gone, NotFound
from lab.core.i18n import current_language, lazy
from lab.votes.models import Purpose
from lab.votes.queries import Choice, ballot_of, carrying_ballot

# What became of a public comment; a notice may stand in its place.
NOTICES: dict[str, Any] = {
    State.WITHDRAWN: lazy("Quien lo escribió retiró este comentario."),
    State.HIDDEN: lazy("La moderación ocultó este comentario."),
}


@dataclass(frozen=True)
class CommentView:
    """One comment as loaded for permissions, with the contribution it discusses."""

    id: int
    state: State
    author_id: int
    channel: str
    language: str
    version: int
    published_at: datetime | None
    target_id: int
    target_kind: str
    target_state: State
    target_author_id: int
    root_id: int
    parent_id: int | None
    depth: int
    below: int
    body: str
    challenge: ChallengeView


def get_visible_comment(actor: Actor, comment_id: int) -> CommentView:
    """The comment if the actor may read it and what it discusses.

    Refuses with `Gone` what was public and was withdrawn or hidden, with `NotFound` everything else.
    """
    comment = _visible(actor, run(_ONE, {"wanted": comment_id}).one_or_none())
    return comment if may_read(actor, comment) else _missed(comment)


def get_discussed_comment(actor: Actor, comment_id: int) -> CommentView:
    """`get_visible_comment`, and a gone comment (its words are not for everybody) with public ones below it."""
    comment = _visible(actor, run(_ONE, {"wanted": comment_id}).one_or_none())
    return comment if may_read(actor, comment) or _keeps_place(comment) else _missed(comment)


def get_comment_to_withdraw(actor: Actor, comment_id: int) -> CommentView:
    """The comment for its author, whatever became of it; for others as `get_visible_comment`.

    The row is locked: of two presses at once the second finds what the first did.
    """
    row = run(_LOCKED, {"wanted": comment_id}).one_or_none()
    if row is not None and is_author.holds(actor, comment := _comment_of(row)):
        return comment
    return get_visible_comment(actor, comment_id)


def get_choice(actor: Actor, comment_id: int) -> Choice:
    """The comment as an option of its challenge's running ballot; a gate as `get_visible_comment`."""
    row = run(_AS_CHOICE, {"wanted": comment_id, "language": current_language()}).one_or_none()
    comment = _visible(actor, row)
    return Choice(ballot_of(cast(Record, row)), comment if may_read(actor, comment) else _missed(comment))


_TARGET = aliased(Contribution)
_COMMENT = Carried(
    "comment",
    [
        Contribution.id,
        Contribution.state,
        Contribution.author_id,
        Contribution.channel,
        Contribution.language,
        Contribution.version,
        Contribution.published_at,
        Comment.target_id,
        _TARGET.kind.label("target_kind"),
        _TARGET.state.label("target_state"),
        _TARGET.author_id.label("target_author_id"),
        Comment.root_id,
        Comment.parent_id,
        Comment.depth,
        Comment.below,
        Comment.body,
    ],
)
_WANTED: Query = (
    select(*_COMMENT.columns)
    .join_from(Contribution, Comment, Comment.id == Contribution.id)
    .join(_TARGET, _TARGET.id == Comment.target_id)
    .where(Contribution.id == bindparam("wanted"))
)
_ONE = _WANTED.join(Challenge, Challenge.id == Contribution.challenge_id).add_columns(*CHALLENGE.columns)
_LOCKED = _ONE.with_for_update(of=Contribution, key_share=True)
_AS_CHOICE = carrying_ballot(_WANTED, Purpose.COMMENTS)


@dataclass(frozen=True)
class _Target:
    """The discussed contribution as `may_read` asks for it."""

    comment: CommentView

    @property
    def state(self) -> State:
        return self.comment.target_state

    @property
    def author_id(self) -> int:
        return self.comment.target_author_id

    @property
    def challenge(self) -> ChallengeView:
        return self.comment.challenge


def _comment_of(row: Record) -> CommentView:
    values = _COMMENT.of(row)
    states = {name: State(values[name]) for name in ("state", "target_state")}
    return CommentView(**values | states, challenge=challenge_of(row))


def _visible(actor: Actor, row: Record | None) -> CommentView:
    """A comment whose discussion the actor may read; the comment itself is the caller's to judge."""
    if row is None or not may_read(actor, _Target(comment := _comment_of(row))):
        raise _unknown()
    return comment


def _keeps_place(comment: CommentView) -> bool:
    return comment.state in NOTICES and comment.below > 0


def _missed(comment: CommentView) -> NoReturn:
    if comment.state in NOTICES and comment.published_at is not None:
        raise Gone(NOTICES[comment.state], challenge=comment.challenge)
    raise _unknown()


def _unknown() -> NotFound:
    return NotFound(lazy("No encontramos este comentario."))
