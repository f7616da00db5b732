"""Times and numbers as people read them: relative and exact, in Bolivian time."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_decimal
from markupsafe import Markup

from lab.core.i18n import current_language, gettext, locale_for_formatting

ZONE = ZoneInfo("America/La_Paz")
# A year beyond these is a slip of the keyboard; the last ones that PostgreSQL takes, Python cannot even read.
FIRST_YEAR, LAST_YEAR = 2000, 2100
# The same bounds as literals of the database: the first moment of the first year, and the first one too late.
FIRST_MOMENT = f"timestamptz '{FIRST_YEAR}-01-01 00:00-04'"
FIRST_TOO_LATE = f"timestamptz '{LAST_YEAR + 1}-01-01 00:00-04'"
SOON = timedelta(days=2)
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
    return _when(moment, _rounded_now(moment), current_language())


def deadline(moment: datetime) -> Markup:
    """What something that opens or closes needs, for sentences like "Cierra el %(when)s": day and distance.

    "4 de diciembre de 2026 (en 4 semanas)"; with the hour when it is nearer than two days.
    """
    return _deadline(moment, _rounded_now(moment), current_language())


def _rounded_now(moment: datetime) -> float:
    """The clock, rounded the coarser the farther the moment is, which makes the words worth remembering."""
    now = datetime.now(UTC)
    step = _step(abs((now - moment).total_seconds()))
    rounded = int(now.timestamp()) // step * step
    # Rounding must not turn what has just happened into something to come.
    return max(rounded, moment.timestamp()) if moment <= now else rounded


def _step(distance: float) -> int:
    """Minutes matter for an hour, tens of minutes for a day, hours after it."""
    if distance < 3600:
        return 60
    return 600 if distance < 86_400 else 3600


def day(moment: datetime | date) -> str:
    """ "4 de diciembre de 2026"; numeric where the language has no agreed month names."""
    return _day(local_day(moment) if isinstance(moment, datetime) else moment, current_language())


def number(value: int) -> str:
    return _number(value, current_language())


@lru_cache(maxsize=4096)
def _number(value: int, language: str) -> str:
    return format_decimal(value, locale=locale_for_formatting(language))


@lru_cache(maxsize=4096)
def _when(moment: datetime, now: float, language: str) -> Markup:
    return _time(moment, _relative(moment, now, language), language)


@lru_cache(maxsize=4096)
def _deadline(moment: datetime, now: float, language: str) -> Markup:
    near = abs(moment.timestamp() - now) < SOON.total_seconds()
    exact = _day_and_hour(moment, language) if near else _day(local_day(moment), language)
    # A constant of ours; `format` of Markup escapes each value.
    return Markup("{} ({})").format(_time(moment, exact, language), _relative(moment, now, language))


def _time(moment: datetime, words: str, language: str) -> Markup:
    written = moment.astimezone(ZONE).isoformat("T", "minutes")
    # A constant of ours; `format` of Markup escapes each value.
    element = Markup('<time datetime="{}" title="{}">{}</time>')
    return element.format(written, _day_and_hour(moment, language), words)


def _relative(moment: datetime, now: float, language: str) -> str:
    seconds = moment.timestamp() - now
    if seconds == 0:
        return gettext("hace un momento")
    locale = locale_for_formatting(language)
    return format_timedelta(seconds, add_direction=True, locale=locale)  # type: ignore[arg-type]


def _day_and_hour(moment: datetime, language: str) -> str:
    local = moment.astimezone(ZONE)
    hour = format_datetime(local, "HH:mm", locale=locale_for_formatting(language))
    return f"{_day(local.date(), language)}, {hour}"


@lru_cache(maxsize=4096)
def _day(value: date, language: str) -> str:
    style = "dd/MM/yyyy" if language in NUMERIC_DATES else "long"
    return format_date(value, style, locale=locale_for_formatting(language))
