"""Times and numbers as people read them: relative and exact, in Bolivian time."""

from datetime import UTC, date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_decimal
from markupsafe import Markup

from lab.core.i18n import current_language, gettext, locale_for_formatting

ZONE = ZoneInfo("America/La_Paz")
# No agreed month names exist in these languages: dates stay numeric, as on Bolivian forms.
NUMERIC_DATES = frozenset({"qu", "ay", "gn"})


def local_day(moment: datetime) -> date:
    return moment.astimezone(ZONE).date()


def midnight(day: date) -> datetime:
    """The beginning of a Bolivian day."""
    return datetime.combine(day, time.min, ZONE)


def today() -> date:
    return local_day(datetime.now(UTC))


def when(moment: datetime) -> Markup:
    """A `<time>` element: "hace 3 días" with the exact day and hour as its title."""
    now = datetime.now(UTC)
    # Rounding the clock makes the result worth remembering.
    step = _step(abs((now - moment).total_seconds()))
    rounded = int(now.timestamp()) // step * step
    # Rounding must not turn what has just happened into something to come.
    return _when(moment, max(rounded, moment.timestamp()) if moment <= now else rounded, current_language())


def _step(distance: float) -> int:
    """Minutes matter for an hour, tens of minutes for a day, hours after it."""
    if distance < 3600:
        return 60
    return 600 if distance < 86_400 else 3600


def day(moment: datetime | date) -> str:
    """ "4 de diciembre de 2026"; numeric where the language has no agreed month names."""
    return _day(local_day(moment) if isinstance(moment, datetime) else moment, current_language())


def number(value: int) -> str:
    return format_decimal(value, locale=locale_for_formatting(current_language()))


@lru_cache(maxsize=4096)
def _when(moment: datetime, now: float, language: str) -> Markup:
    locale = locale_for_formatting(language)
    local = moment.astimezone(ZONE)
    exact = _day(local.date(), language) + ", " + format_datetime(local, "HH:mm", locale=locale)
    seconds = moment.timestamp() - now
    if seconds == 0:
        relative = gettext("hace un momento")
    else:
        relative = format_timedelta(seconds, add_direction=True, locale=locale)  # type: ignore[arg-type]
    # A constant of ours; `format` of Markup escapes each value.
    return Markup('<time datetime="{}" title="{}">{}</time>').format(local.isoformat("T", "minutes"), exact, relative)


@lru_cache(maxsize=4096)
def _day(value: date, language: str) -> str:
    style = "dd/MM/yyyy" if language in NUMERIC_DATES else "long"
    return format_date(value, style, locale=locale_for_formatting(language))
