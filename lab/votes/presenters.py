"""Supports as sentences and as JSON for the button that asked."""

from typing import Any

from lab.core.i18n import gettext as _
from lab.core.i18n import ngettext
from lab.votes.operations import Standing


def present_standing(standing: Standing, totals_shown: bool) -> dict[str, Any]:
    """The state after a cast; hidden totals are not even in the answer."""
    if not totals_shown:
        said = _("Su apoyo quedó registrado.") if standing.supported else _("Retiró su apoyo.")
        return {"supported": standing.supported, "support": None, "sentence": said}
    return {
        "supported": standing.supported,
        "support": standing.support,
        "sentence": support_sentence(standing.support),
    }


def support_sentence(count: int) -> str:
    """The count with its meaning."""
    if count == 0:
        return _("Todavía nadie apoya")
    return ngettext("%(num)s persona apoya", "%(num)s personas apoyan", count)
