"""Languages: Spanish is the source; a missing string falls back to it, one by one, and is marked as Spanish.

Formatting and catalogue are chosen apart, because no locale data exist for Aymara and only a Paraguayan one
for Guaraní (`locale_for_formatting`).
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel import Locale
from babel.support import NullTranslations, Translations
from flask import Flask, current_app, g, has_request_context, request
from flask_babel import Babel, Domain
from flask_babel.speaklater import LazyString

FOLDER = Path(__file__).resolve().parents[2] / "translations"
SOURCE = "es"
LANGUAGE_NAMES: Mapping[str, str] = {
    "es": "Español",
    "en": "English",
    "qu": "Qhichwa simi",
    "ay": "Aymar aru",
    "gn": "Avañe'ẽ",
}
_FORMATTING = {"es": "es_BO", "en": "en_GB", "qu": "qu_BO", "ay": "es_BO", "gn": "es_BO"}


@lru_cache
def locale_for_formatting(language: str) -> Locale:
    """The locale whose numbers and dates a page in `language` uses."""
    return Locale.parse(_FORMATTING.get(language, "es_BO"))


@lru_cache
def catalogue(language: str) -> NullTranslations:
    """The compiled messages of a language; the empty catalogue returns the Spanish source."""
    return Translations.load(FOLDER, [language]) if language != SOURCE else NullTranslations()


class LanguageDomain(Domain):
    """Flask-Babel's lookups over the catalogue of the page's language instead of a locale's."""

    def get_translations(self) -> NullTranslations:
        return catalogue(current_language())


_domain = LanguageDomain()


def gettext(message: str, **values: Any) -> str:
    return _domain.gettext(message, **values)


def ngettext(singular: str, plural: str, num: int, **values: Any) -> str:
    return _domain.ngettext(singular, plural, num, **values)


def choose_plural(singular: str, plural: str, num: int) -> str:
    """The translated form for this number, with its placeholders still in it."""
    return catalogue(current_language()).ungettext(singular, plural, num)


def lazy(message: str, **values: Any) -> LazyString:
    """For forms, enums and tables: translated when shown, not when the module is read."""
    return LazyString(gettext, message, **values)


def init_app(app: Flask, languages: tuple[str, ...]) -> None:
    """Languages in the order they are offered; the first matching one of the browser wins."""
    app.config["LANGUAGES"] = languages
    Babel(app, locale_selector=lambda: str(locale_for_formatting(current_language())))


def offered_languages() -> tuple[str, ...]:
    languages: tuple[str, ...] = current_app.config["LANGUAGES"]
    return languages


def current_language() -> str:
    """What this page is written in: the person's choice, else the browser's wish, else Spanish."""
    if not has_request_context():
        return SOURCE
    if "language" not in g:
        g.language = _chosen_language()
    return g.language


def speak(language: str) -> None:
    """Fixes the language of the rest of this request or mail."""
    g.language = language


def _chosen_language() -> str:
    offered = offered_languages()
    chosen = request.cookies.get("language")
    if chosen in offered:
        return chosen
    # By hand: the library's match would answer `es-BO, en;q=0.9` in English, which names `en` exactly.
    wishes = (wish.partition("-")[0].lower() for wish, quality in request.accept_languages if quality)
    return next((wish for wish in wishes if wish in offered), SOURCE)
