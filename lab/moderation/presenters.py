"""Moderated contributions as the list and the confirm page draw them."""

from dataclasses import dataclass
from typing import Any

from lab.contributions.models import Kind
from lab.core import addresses
from lab.core.actors import Actor
from lab.core.i18n import lazy
from lab.core.panels import Panel, panels_for
from lab.moderation.queries import Hiding, Moderated

KIND_NAMES: dict[str, Any] = {
    Kind.FINDING: lazy("Hallazgo"),
    Kind.NEED: lazy("Necesidad"),
    Kind.PROPOSAL: lazy("Propuesta"),
    Kind.COMMENT: lazy("Comentario"),
}


@dataclass(frozen=True)
class Item:
    """One contribution with where it is and, when hidden, why."""

    moderated: Moderated
    kind_name: Any
    address: str
    hiding: Hiding | None
    panels: list[Panel]


def present(actor: Actor, moderated: Moderated, hiding: Hiding | None = None) -> Item:
    """With all that its kind adds to the text: who reviews reads every field."""
    address = addresses.address_of(moderated.kind, moderated.id)
    more = panels_for("moderation.text", actor, moderated)
    return Item(moderated, KIND_NAMES[moderated.kind], address, hiding, more)
