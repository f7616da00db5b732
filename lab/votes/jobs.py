"""The minute's figures of each challenge."""

from lab.core.actors import SYSTEM
from lab.core.db import unit_of_work
from lab.core.jobs import periodic
from lab.votes import operations


@periodic("* * * * *", queueing_lock="refresh_figures")
def refresh_figures() -> None:
    with unit_of_work():
        operations.refresh_figures(SYSTEM)
