"""Who may cast, and when: phase, assurance, consent, an open window and a published option."""

from enum import StrEnum
from typing import Any

from lab.accounts.permissions import consented
from lab.challenges.permissions import facilitates, participation
from lab.challenges.phases import Activity
from lab.contributions.permissions import is_published
from lab.core.actors import Actor
from lab.core.errors import WrongPhase
from lab.core.i18n import lazy
from lab.core.permissions import declare, is_system, predicate


class VoteAction(StrEnum):
    CAST = "vote.cast"
    WITHDRAW = "vote.withdraw"
    SET_BALLOT = "vote.set_ballot"
    COUNT = "vote.count"


@predicate(lazy("Esta priorización está cerrada."), WrongPhase)
def window_is_open(_actor: Actor, subject: Any) -> bool:
    return bool(subject.ballot.is_open)


@predicate(lazy("Esta priorización viene de otra plataforma y solo se puede leer."), WrongPhase)
def is_writable(_actor: Actor, subject: Any) -> bool:
    return not subject.ballot.read_only


_MAY_VOTE = [is_writable, *participation(Activity.SUPPORT), window_is_open]

PERMISSIONS = {
    VoteAction.CAST: [[*_MAY_VOTE, is_published, consented]],
    VoteAction.WITHDRAW: [[*_MAY_VOTE, consented]],
    VoteAction.SET_BALLOT: [[facilitates], [is_system]],
    VoteAction.COUNT: [[is_system]],
}
declare(PERMISSIONS)
