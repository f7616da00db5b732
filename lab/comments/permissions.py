"""Who may comment, answer a comment, and withdraw one."""

from enum import StrEnum
from typing import Any

from lab.accounts.permissions import consented
from lab.challenges.permissions import participation
from lab.challenges.phases import Activity
from lab.comments.models import DEPTH_LIMIT
from lab.contributions.models import State
from lab.contributions.permissions import is_author, is_published, is_unfinished
from lab.core.actors import Actor
from lab.core.errors import Conflict
from lab.core.i18n import lazy
from lab.core.permissions import declare, predicate


class CommentAction(StrEnum):
    WRITE = "comment.write"
    ANSWER = "comment.answer"
    WITHDRAW = "comment.withdraw"


@predicate(lazy("El comentario al que responde ya no está."), Conflict)
def can_be_answered(_actor: Actor, comment: Any) -> bool:
    return bool(comment.state == State.PUBLISHED)


@predicate(lazy("Esta conversación llegó a su límite. Empiece un comentario nuevo."), Conflict)
def has_room_below(_actor: Actor, comment: Any) -> bool:
    return bool(comment.depth < DEPTH_LIMIT)


@predicate(lazy("Este comentario ya no se puede retirar."), Conflict)
def is_withdrawn(_actor: Actor, comment: Any) -> bool:
    return bool(comment.state == State.WITHDRAWN)


# An answer asks for both: to write in the discussion, and of the comment that it answers.
PERMISSIONS = {
    CommentAction.WRITE: [[*participation(Activity.COMMENT), is_published, consented]],
    CommentAction.ANSWER: [[can_be_answered, has_room_below]],
    # A second press finds it withdrawn: done already, and no error.
    CommentAction.WITHDRAW: [[is_author, is_unfinished], [is_author, is_withdrawn]],
}
declare(PERMISSIONS)
