"""Languages: Spanish is the source; a missing string falls back to it, one by one, and is marked as Spanish.

Formatting and catalogue are chosen apart, because no locale data exist for Aymara and only a Paraguayan one
for Guaraní (`locale_for_formatting`).
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel import Locale
from babel.support import NullTranslations, Translations
from flask import Flask, current_app, g, has_request_context, request
from flask_babel import Babel
from flask_babel.speaklater import LazyString
from markupsafe import Markup, escape

FOLDER = Path(__file__).resolve().parents[2] / "translations"
SOURCE = "es"
# Whole catalogues: what is the same as the source there was meant so, and nothing is looked at twice.
COMPLETE = frozenset({SOURCE, "en"})
MARK = re.compile(r'<span lang="es">(.*?)</span>', re.DOTALL)
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


class Fallback(str):
    """A Spanish sentence on a page in another language: marked where it is shown, plain where it is a value."""

    __slots__ = ()

    def __html__(self) -> Markup:
        return marked(escape(str.__str__(self)))

    def __mod__(self, values: Any) -> "Fallback":
        return Fallback(str.__mod__(self, values))


class Lazy(LazyString):
    """A sentence looked up when it is shown, which then says whether it is still Spanish."""

    def __html__(self) -> str:
        return escape(self._func(*self._args, **self._kwargs))

    def __mod__(self, values: Any) -> str:
        sentence: str = self._func(*self._args, **self._kwargs) % values
        return sentence


def marked(words: Markup) -> Markup:
    """Says of words on the page that they are Spanish (WCAG 3.1.2)."""
    # A constant of ours; `format` of Markup keeps markup and escapes the rest.
    return Markup('<span lang="es">{}</span>').format(words)


def bare(value: Any) -> Any:
    """What stands where no markup can: in an attribute, a title, an option. Nothing is said of its language there."""
    if isinstance(value, Fallback):
        return str.__str__(value)
    if isinstance(value, Lazy):
        return str(value)
    return Markup(MARK.sub(r"\1", value)) if isinstance(value, Markup) else value  # noqa: S704 - only less of it


def gettext(message: str, **values: Any) -> str:
    """The sentence in the language of the page; a `Fallback` where that language does not have it yet."""
    language = current_language()
    found: str = catalogue(language).gettext(message)
    if language not in COMPLETE and found == message:
        found = Fallback(message)
    return found % values if values else found


def ngettext(singular: str, plural: str, num: int, **values: Any) -> str:
    """The form for this number, with the number as `%(num)s`; a `Fallback` as `gettext`."""
    return choose_plural(singular, plural, num) % ({"num": num} | values)


def choose_plural(singular: str, plural: str, num: int) -> str:
    """The form for this number, with its placeholders still in it; a `Fallback` as `gettext`."""
    language = current_language()
    found: str = catalogue(language).ngettext(singular, plural, num)
    return Fallback(found) if language not in COMPLETE and found in (singular, plural) else found


def lazy(message: str, **values: Any) -> Lazy:
    """For forms, enums and tables: translated when shown, not when the module is read."""
    return Lazy(gettext, message, **values)


def init_app(app: Flask, languages: tuple[str, ...], tls: bool) -> None:
    """Languages in the order they are offered; the first matching one of the browser wins."""
    app.config.update(LANGUAGES=languages, LANGUAGE_COOKIE="__Host-language" if tls else "language")
    Babel(app, locale_selector=lambda: str(locale_for_formatting(current_language())))


def offered_languages() -> tuple[str, ...]:
    languages: tuple[str, ...] = current_app.config["LANGUAGES"]
    return languages


def current_language() -> str:
    """What this page is written in: the person's choice, else the browser's wish, else Spanish."""
    # A page asks this hundreds of times: the usual case is one look.
    try:
        return g.language
    except (AttributeError, RuntimeError):
        return _first_look()


def _first_look() -> str:
    if not has_request_context():
        return SOURCE
    g.language = _chosen_language()
    return g.language


def _chosen_language() -> str:
    offered = offered_languages()
    chosen = request.cookies.get(current_app.config["LANGUAGE_COOKIE"])
    if chosen in offered:
        return chosen
    # By hand: the library's match would answer `es-BO, en;q=0.9` in English, which names `en` exactly.
    wishes = (wish.partition("-")[0].lower() for wish, quality in request.accept_languages if quality)
    return next((wish for wish in wishes if wish in offered), SOURCE)
