"""Predicates about a contribution that the tables of ideas, comments, votes and moderation share."""

from typing import Any

from lab.challenges.permissions import moderates
from lab.contributions.models import State
from lab.core.actors import Actor
from lab.core.errors import Conflict
from lab.core.i18n import lazy
from lab.core.permissions import predicate

__all__ = ["is_author", "is_draft", "is_published", "is_reviewed", "is_unfinished", "may_read", "moderates"]


@predicate(lazy("Solo quien lo escribió puede hacer esto."))
def is_author(actor: Actor, subject: Any) -> bool:
    return actor.person_id is not None and subject.author_id == actor.person_id


@predicate(lazy("Este aporte no está publicado."), Conflict)
def is_published(_actor: Actor, subject: Any) -> bool:
    return bool(subject.state == State.PUBLISHED)


@predicate(lazy("Este aporte ya no es un borrador."), Conflict)
def is_draft(_actor: Actor, subject: Any) -> bool:
    return bool(subject.state == State.DRAFT)


@predicate(lazy("Este aporte ya no se puede cambiar."), Conflict)
def is_unfinished(_actor: Actor, subject: Any) -> bool:
    """Still in the author's hands: a draft, waiting for review, or published."""
    return subject.state in (State.DRAFT, State.HELD, State.PUBLISHED)


def is_reviewed(actor: Actor, subject: Any) -> bool:
    """Whether what this actor writes in the subject's challenge is read by its team before everybody reads it."""
    return bool(subject.challenge.reviews_guests) and not actor.signed_in


def may_read(actor: Actor, subject: Any) -> bool:
    """Published ones everybody; held and hidden ones the author and the moderators; drafts the author; withdrawn
    ones nobody: that is what withdrawing means."""
    if subject.state == State.PUBLISHED:
        return subject.challenge.published_at is not None or moderates.holds(actor, subject)
    if is_author.holds(actor, subject):
        return bool(subject.state != State.WITHDRAWN)
    return subject.state in (State.HELD, State.HIDDEN) and moderates.holds(actor, subject)
