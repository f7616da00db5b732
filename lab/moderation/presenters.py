"""Moderated contributions as the list and the confirm page draw them."""

from dataclasses import dataclass
from typing import Any

from lab.contributions.models import Kind
from lab.core import addresses
from lab.core.i18n import lazy
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


def present(moderated: Moderated, hiding: Hiding | None = None) -> Item:
    address = addresses.address_of(moderated.kind, moderated.id)
    return Item(moderated, KIND_NAMES[moderated.kind], address, hiding)
