"""Named places of low pages where higher features show what they know.

Places:
    challenge.sections   parts of the challenge page, given the challenge
    challenge.tabs       links beside "Resumen", given the challenge
    contribution.side    facts beside a contribution (its ballot's shares, …), given the contribution
    contribution.below   what follows a contribution (the discussion), given the contribution
    moderation.text      what a kind adds to its text, for those who review it, given it with its `fields`
    manage.challenge     links and tasks on a challenge's manage screen, given the challenge
    manage.home          tasks on the staff's first page, given None
    account.sections     parts of somebody's own page (their contributions, …), given None: the actor is whose

A feature registers a function `(actor, subject) -> Panel | None` that may make one batched query; the page
asks for the place and never for the feature.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lab.core.actors import Actor

PLACES = frozenset(
    {
        "challenge.sections",
        "challenge.tabs",
        "contribution.side",
        "contribution.below",
        "moderation.text",
        "manage.challenge",
        "manage.home",
        "account.sections",
    }
)


@dataclass(frozen=True)
class Panel:
    """A fragment with what it shows. Lower `order` stands first."""

    template: str
    context: dict[str, Any] = field(default_factory=dict)
    order: int = 50


Source = Callable[[Actor, Any], Panel | None]
_sources: dict[str, list[Source]] = defaultdict(list)


def register(place: str, source: Source) -> None:
    """Adds a source to a place, once; refuses (`KeyError`) a place that is not in the list above."""
    if place not in PLACES:
        raise KeyError(place)
    if source not in _sources[place]:
        _sources[place].append(source)


def panels_for(place: str, actor: Actor, subject: Any = None) -> list[Panel]:
    """What the place shows for this subject, in order."""
    found = (source(actor, subject) for source in _sources[place])
    return sorted((panel for panel in found if panel), key=lambda panel: panel.order)
