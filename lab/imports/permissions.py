"""Who may bring a conversation in, and take it out again."""

from enum import StrEnum

from lab.accounts.permissions import administers
from lab.challenges.permissions import facilitates
from lab.core.permissions import declare, is_system


class ImportAction(StrEnum):
    RUN = "import.run"
    UNDO = "import.undo"


PERMISSIONS = {
    ImportAction.RUN: [[is_system], [administers], [facilitates]],
    ImportAction.UNDO: [[is_system], [administers], [facilitates]],
}
declare(PERMISSIONS)
