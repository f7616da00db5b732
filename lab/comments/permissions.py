"""Who may comment, and withdraw a comment."""

from enum import StrEnum

from lab.accounts.permissions import consented
from lab.challenges.permissions import participation
from lab.challenges.phases import Activity
from lab.contributions.permissions import is_author, is_published, is_unfinished
from lab.core.permissions import declare


class CommentAction(StrEnum):
    WRITE = "comment.write"
    WITHDRAW = "comment.withdraw"


PERMISSIONS = {
    CommentAction.WRITE: [[*participation(Activity.COMMENT), is_published, consented]],
    CommentAction.WITHDRAW: [[is_author, is_unfinished]],
}
declare(PERMISSIONS)
