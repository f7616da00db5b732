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


def told_standing(standing: Standing, totals_shown: bool, title: str) -> str:
    """The same for whoever reads it away from the button: it names what is supported."""
    supported = standing.supported
    own = _("Usted apoya «%(title)s».", title=title) if supported else _("Usted ya no apoya «%(title)s».", title=title)
    return f"{own} {support_sentence(standing.support)}." if totals_shown else own


def support_sentence(count: int) -> str:
    """The count with its meaning."""
    if count == 0:
        return _("Todavía nadie apoya")
    return ngettext("%(num)s persona apoya", "%(num)s personas apoyan", count)
