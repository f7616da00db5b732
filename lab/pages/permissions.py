"""Who brings and removes the demonstration content."""

from enum import StrEnum

from lab.core.permissions import declare, is_system


class PageAction(StrEnum):
    LOAD_DEMO = "page.load_demo"


PERMISSIONS = {PageAction.LOAD_DEMO: [[is_system]]}
declare(PERMISSIONS)
