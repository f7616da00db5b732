"""The form of a ballot."""

from datetime import datetime
from typing import Any

from wtforms import BooleanField, IntegerField
from wtforms.validators import NumberRange, Optional

from lab.core.dates import ZONE
from lab.core.forms import Form, moment
from lab.core.i18n import lazy
from lab.votes.operations import BallotTerms
from lab.votes.queries import BallotView


class BallotForm(Form):
    """Times are typed and shown as Bolivian time."""

    opens_at = moment(lazy("Abre"))
    closes_at = moment(lazy("Cierra"))
    maximum = IntegerField(
        lazy("Apoyos como máximo por persona"), validators=[Optional(), NumberRange(1, 1000, lazy("Entre 1 y 1000."))]
    )
    totals_after_close = BooleanField(lazy("Mostrar los totales solo cuando cierre"))

    @classmethod
    def values_of(cls, ballot: BallotView) -> dict[str, Any]:
        return {
            "opens_at": ballot.opens_at and ballot.opens_at.astimezone(ZONE),
            "closes_at": ballot.closes_at and ballot.closes_at.astimezone(ZONE),
            "maximum": ballot.maximum,
            "totals_after_close": ballot.totals_after_close,
        }

    def terms(self) -> BallotTerms:
        return BallotTerms(
            opens_at=_bolivian(self.opens_at.data),
            closes_at=_bolivian(self.closes_at.data),
            maximum=self.maximum.data,
            totals_after_close=self.totals_after_close.data,
        )


def _bolivian(typed: datetime | None) -> datetime | None:
    return typed.replace(tzinfo=ZONE) if typed else None
