"""Templates: one Jinja environment per language, with the constant words translated when a template is compiled.

Looking words up at each drawing was the largest cost of a page of cards; `Translated` does it once, on the
token stream that Jinja hands to every extension. It also marks Spanish fallbacks with `lang="es"` (WCAG 3.1.2)
in the text of a page, and keeps attributes plain.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import current_app, get_flashed_messages, request, url_for
from flask_wtf.csrf import generate_csrf
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from markupsafe import Markup, escape

from lab.core import dates, i18n
from lab.core.actors import current_actor, has_session, remember_guest
from lab.core.addresses import address_of
from lab.core.permissions import can
from lab.core.text import excerpt, markdown

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
FRAGMENTS_KEPT = 8_000


class Fallback(str):
    """A Spanish sentence on a page in another language."""

    __slots__ = ()

    def __html__(self) -> Markup:
        # A constant of ours; `format` of Markup escapes the sentence.
        return Markup('<span lang="es">{}</span>').format(str(self))


class Translated(Extension):
    """Replaces `_('constant')` by its translation; anything with values stays a call."""

    def filter_stream(self, stream: TokenStream) -> Iterable[Token]:
        return _translated(list(stream), str(self.environment.globals["language"]))


def init_app(app: Any, values: dict[str, Any]) -> None:
    """Builds the environments; `values` are further globals (the address of an asset)."""
    app.extensions["lab.templates"] = {language: _environment(language, values) for language in app.config["LANGUAGES"]}


def render(template: str, **context: Any) -> str:
    """Draws a page in the language of this request."""
    actor = current_actor()
    return (
        _templates()
        .get_template(template)
        .render(
            actor=actor,
            can_manage=actor.is_staff,
            languages=i18n.offered_languages(),
            here=request.path,
            flashes=get_flashed_messages(with_categories=True) if has_session() else [],
            **context,
        )
    )


def fragment(template: str, key: tuple[Any, ...], present: Callable[[], dict[str, Any]]) -> Markup:
    """Draws a part of a page, remembered by language and `key`, which must hold all that the part shows.

    `present` gives the template its values, and is asked only when nothing is remembered.
    """
    whole_key = (template, i18n.current_language(), *key)
    if whole_key in _fragments:
        _fragments.move_to_end(whole_key)
        return _fragments[whole_key]
    drawn = Markup(_templates().get_template(template).render(present()))  # noqa: S704 - an autoescaped template
    _fragments[whole_key] = drawn
    if len(_fragments) > FRAGMENTS_KEPT:
        _fragments.popitem(last=False)
    return drawn


def form_token() -> str:
    """The token of a form. A page with a form also gives the visitor a guest id, so that a POST finds one."""
    if current_actor().is_guest:
        remember_guest()
    return generate_csrf()


@lru_cache(maxsize=4096)
def _url(endpoint: str, **arguments: Any) -> str:
    """An address of this site. Remembered: the frame of every page asks for the same ten."""
    return url_for(endpoint, **arguments)


_fragments: OrderedDict[tuple[Any, ...], Markup] = OrderedDict()


def _templates() -> Environment:
    environments: dict[str, Environment] = current_app.extensions["lab.templates"]
    return environments[i18n.current_language()]


def _environment(language: str, values: dict[str, Any]) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals.update(
        _=_sentence,
        ngettext=_counted_sentence,
        language=language,
        language_names=i18n.LANGUAGE_NAMES,
        url=_url,
        address_of=address_of,
        csrf_token=form_token,
        can=can,
        fallback=Fallback,
        **values,
    )
    environment.filters.update(
        bare=_bare, markdown=markdown, excerpt=excerpt, when=dates.when, day=dates.day, number=dates.number
    )
    environment.add_extension(Translated)
    return environment


def _sentence(message: str, **values: Any) -> Markup:
    """A sentence with values in it: each value is escaped, or kept when it is markup of ours (a `<time>`)."""
    return Markup(escape(i18n.gettext(message))) % values  # noqa: S704 - escaped right here


def _counted_sentence(singular: str, plural: str, num: int, **values: Any) -> Markup:
    sentence = i18n.choose_plural(singular, plural, num)
    return Markup(escape(sentence)) % ({"num": dates.number(num)} | values)  # noqa: S704 - escaped right here


def _bare(value: Any) -> Any:
    return str.__str__(value) if isinstance(value, Fallback) else value


def _translated(tokens: list[Token], language: str) -> Iterator[Token]:
    in_tag, position = False, 0
    while position < len(tokens):
        token = tokens[position]
        if token.type == "data":
            in_tag = _inside_tag(token.value, in_tag)
        taken, replacement = _replacement(tokens, position, language, in_tag)
        yield from replacement
        position += taken


def _replacement(tokens: list[Token], at: int, language: str, in_tag: bool) -> tuple[int, list[Token]]:
    """How many tokens are taken from `at`, and what stands in their place."""
    line = tokens[at].lineno
    if _types(tokens, at, 6) == _WHOLE and tokens[at + 1].value == "_" and not in_tag:
        text = _lookup(tokens[at + 3].value, language)
        return 6, [Token(line, "data", str(escape(text)))]
    if _types(tokens, at, 4) == _CALL and tokens[at].value == "_":
        return 4, _expression(line, _lookup(tokens[at + 2].value, language))
    if language != i18n.SOURCE and in_tag and tokens[at].type == "variable_begin":
        return 1, [tokens[at], Token(line, "lparen", "(")]
    if language != i18n.SOURCE and in_tag and tokens[at].type == "variable_end":
        return 1, [
            Token(line, "rparen", ")"),
            Token(line, "pipe", "|"),
            Token(line, "name", "bare"),
            tokens[at],
        ]
    return 1, [tokens[at]]


_CALL = ["name", "lparen", "string", "rparen"]
_WHOLE = ["variable_begin", *_CALL, "variable_end"]


def _types(tokens: list[Token], at: int, count: int) -> list[str]:
    return [token.type for token in tokens[at : at + count]]


def _expression(line: int, text: str) -> list[Token]:
    string = Token(line, "string", str.__str__(text))
    if not isinstance(text, Fallback):
        return [string]
    return [Token(line, "name", "fallback"), Token(line, "lparen", "("), string, Token(line, "rparen", ")")]


def _lookup(message: str, language: str) -> str:
    found = i18n.catalogue(language).gettext(message)
    return Fallback(message) if found == message and language not in ("es", "en") else found


def _inside_tag(data: str, before: bool) -> bool:
    opened, closed = data.rfind("<"), data.rfind(">")
    return before if opened == closed else opened > closed
