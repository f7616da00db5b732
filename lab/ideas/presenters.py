"""Ideas as cards and pages draw them, with the words of their kinds."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from markupsafe import Markup

from lab.challenges.queries import ChallengeView
from lab.contributions.models import Channel, Kind
from lab.contributions.queries import Count, ListRow, Order
from lab.core.dates import number
from lab.core.i18n import gettext as _
from lab.core.i18n import lazy, ngettext
from lab.core.rendering import fragment
from lab.core.text import excerpt
from lab.ideas.models import NeedType

KIND_NAMES: Mapping[Kind, Any] = {
    Kind.FINDING: lazy("Hallazgo"),
    Kind.NEED: lazy("Necesidad"),
    Kind.PROPOSAL: lazy("Propuesta"),
}
NEED_NAMES: Mapping[NeedType, Any] = {
    NeedType.DATA: lazy("Un dato"),
    NeedType.SERVICE: lazy("Un servicio"),
    NeedType.PROCEDURE: lazy("Un trámite más simple"),
    NeedType.REGULATION: lazy("Una norma"),
    NeedType.OTHER: lazy("Otra cosa"),
}
ORDER_NAMES: Mapping[Order, Any] = {
    Order.SHUFFLED: lazy("Al azar (parejo para todos)"),
    Order.NEWEST: lazy("Más recientes"),
    Order.SUPPORT: lazy("Más apoyados"),
    Order.DISCUSSION: lazy("Más comentados"),
}
# Each kind as a choice: what it is, an example, and three gentle questions for who faces an empty field.
KIND_CARDS: Mapping[Kind, dict[str, Any]] = {
    Kind.FINDING: {
        "title": lazy("Algo que observé"),
        "text": lazy("Un hallazgo: lo que pasa, contado como lo vio."),
        "example": lazy("«En mi barrio el agua llega tres días a la semana, sin aviso»"),
        "icon": "eye",
        "prompts": (
            lazy("¿Qué vio o vivió, y desde cuándo pasa?"),
            lazy("¿A quiénes afecta?"),
            lazy("¿Cómo lo sabe: lo vivió, se lo contaron, lo leyó?"),
        ),
    },
    Kind.NEED: {
        "title": lazy("Algo que hace falta"),
        "text": lazy("Una necesidad: un dato, un servicio, un trámite, una norma."),
        "example": lazy("«Saber cuántas fichas quedan en el centro de salud antes de salir de casa»"),
        "icon": "hand",
        "prompts": (
            lazy("¿Qué le hace falta y para qué?"),
            lazy("¿Cómo se arregla hoy sin eso?"),
            lazy("¿Quién podría darlo?"),
        ),
    },
    Kind.PROPOSAL: {
        "title": lazy("Una propuesta"),
        "text": lazy("Una idea de solución, aunque esté a medio pensar."),
        "example": lazy("«Un mensaje de texto que avise el corte el día antes»"),
        "icon": "lightbulb",
        "prompts": (
            lazy("¿Qué habría que hacer?"),
            lazy("¿A quiénes ayudaría y cómo?"),
            lazy("¿Qué haría falta para probarlo en pequeño?"),
        ),
    },
}


def draw_cards(
    rows: Sequence[ListRow], challenge: ChallengeView, may_support: bool, totals_shown: bool
) -> list[Markup]:
    """The cards of a list, each remembered with all that it shows."""

    def draw(row: ListRow) -> Markup:
        key = (row, challenge.category_name(row.category_id), challenge.language, may_support, totals_shown)
        present = partial(present_row, row, challenge, may_support, totals_shown)
        return fragment("ideas/_card.html", key, lambda: {"card": present()})

    return [draw(row) for row in rows]


def present_row(row: ListRow, challenge: ChallengeView, may_support: bool, totals_shown: bool) -> dict[str, Any]:
    """A card. Hidden totals are not in it at all."""
    return {
        "id": row.id,
        "url": f"/ideas/{row.id}",
        "kind": row.kind,
        "kind_label": KIND_NAMES[Kind(row.kind)],
        "title": row.title,
        "excerpt": "" if row.excerpt == row.title else excerpt(row.excerpt),
        "author": row.author or _("Participante"),
        "place": row.territory,
        "category": challenge.category_name(row.category_id),
        "category_language": challenge.language,
        "language": row.language,
        "version": row.version,
        "support": row.support if totals_shown else None,
        "supported": row.supported,
        "can_support": may_support,
        "comments": row.comment_count,
        "status": "",
    }


def count_sentence(count: Count, searched: bool) -> str:
    """How many in words; a search says that it stopped counting."""
    if count.more:
        return _("Más de %(number)s aportes", number=number(count.number))
    if searched and count.number == 0:
        return _("Ningún aporte coincide")
    return ngettext("%(num)s aporte", "%(num)s aportes", count.number)


def channel_sentence(channel: Channel) -> str:
    """How it reached the lab, said only when it was not this site."""
    return _("traído de otra plataforma") if channel == Channel.IMPORT else ""
