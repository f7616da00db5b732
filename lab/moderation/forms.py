"""Why something is hidden: a common reason, words of one's own, or both."""

from typing import Any

from wtforms import RadioField
from wtforms.validators import InputRequired

from lab.core.forms import Form, choices, paragraph
from lab.core.i18n import lazy

DETAIL_LENGTH = 480
OTHER = "other"
REASONS: dict[str, Any] = {
    "discrimination": lazy("Racismo o discriminación."),
    "insult": lazy("Insultos o amenazas."),
    "privacy": lazy("Datos personales de otras personas."),
    "spam": lazy("Publicidad, engaño o mensajes repetidos."),
    "off_topic": lazy("No trata de este reto."),
    OTHER: lazy("Otro motivo."),
}


class HideForm(Form):
    why = RadioField(
        lazy("¿Por qué lo oculta?"),
        [InputRequired(lazy("Elija un motivo."))],
        choices=choices(REASONS.items()),
    )
    detail = paragraph(lazy("Dígalo con sus palabras"), DETAIL_LENGTH, required=False, render_kw={"rows": 3})

    def reason(self) -> str:
        """What the author reads: the common reason and the words; other reasons are words alone."""
        words = self.detail.data or ""
        common = "" if self.why.data == OTHER else str(REASONS[self.why.data])
        return f"{common} {words}".strip()
