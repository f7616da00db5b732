"""What the address of a list asks for: which ideas, in which order, from where; and the address of what follows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup

from lab.challenges.queries import ChallengeView, list_departments
from lab.contributions.queries import ListFilter, Order, shuffle_start
from lab.core.actors import Actor, remember_guest
from lab.core.dates import local_day
from lab.core.rendering import fragment
from lab.ideas import presenters
from lab.votes.queries import BallotView

WORDS_LENGTH = 100
Arguments = Mapping[str, str]


@dataclass(frozen=True)
class Listing:
    """What a reader chose. Unknown values find nothing (filters) or are as none (the order)."""

    chosen: ListFilter
    order: Order
    after: str | None

    @classmethod
    def of(cls, arguments: Arguments, ballot: BallotView) -> "Listing":
        wished = arguments.get("sort", "")
        order = next((order for order in offered_orders(ballot) if order == wished), Order.SHUFFLED)
        return cls(_filter(arguments), order, arguments.get("after"))

    def draw_filters(self, challenge: ChallengeView, ballot: BallotView) -> Markup:
        """The choices above the list, with what is chosen in them."""
        departments = list_departments()
        shown = {
            "order": self.order,
            "kind": self.chosen.kind if self.chosen.kind in presenters.KIND_NAMES else "",
            "category_id": self.chosen.category_id if challenge.category_name(self.chosen.category_id) else None,
            "department": self.chosen.department if self.chosen.department in dict(departments) else "",
        }
        offered = {
            "orders": offered_orders(ballot),
            "kinds": presenters.KIND_NAMES,
            "topics": [(each.id, each.name) for each in challenge.categories],
            "departments": departments,
        }
        key = (challenge.categories, ballot.totals_shown, *shown.values())
        return fragment("ideas/_filters.html", key, lambda: shown | offered)


def offered_orders(ballot: BallotView) -> dict[Order, Any]:
    """Hidden totals hide the order that would tell them."""
    names = presenters.ORDER_NAMES
    return {order: name for order, name in names.items() if order != Order.SUPPORT or ballot.totals_shown}


def start(actor: Actor, order: Order) -> int:
    """Where this visitor's shuffled list begins today: by account, else by a key that the browser keeps.

    The key is given before the first list is drawn, so that the next one begins at the same place.
    """
    if order != Order.SHUFFLED:
        return 0
    visitor = f"person {actor.person_id}" if actor.signed_in else remember_guest()
    return shuffle_start(visitor, local_day(datetime.now(UTC)))


def next_address(path: str, arguments: Arguments, cursor: str | None) -> str:
    """The address of the next page, with the same filters; empty on the last."""
    return f"{path}?{urlencode({**arguments, 'after': cursor})}" if cursor else ""


def _filter(arguments: Arguments) -> ListFilter:
    category = arguments.get("category", "")
    return ListFilter(
        kind=arguments.get("kind", ""),
        category_id=int(category) if category.isdecimal() and len(category) < 19 else None,
        department=arguments.get("department", ""),
        words=arguments.get("q", "")[:WORDS_LENGTH],
    )
