"""Templates: one Jinja environment per language, with the constant words translated when a template is compiled.

Looking words up at each drawing was the largest cost of a page of cards; `Translated` does it once, on the
token stream that Jinja hands to every extension. Spanish fallbacks are marked with `lang="es"` (`i18n.Fallback`) in
the text of a page; where no markup can stand they are kept plain.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from flask import current_app, get_flashed_messages, request
from flask_wtf.csrf import generate_csrf
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from markupsafe import Markup, escape

from lab.core import dates, i18n
from lab.core.actors import current_actor, has_session, remember_guest
from lab.core.addresses import address_of
from lab.core.i18n import Fallback
from lab.core.paths import page_to_return_to
from lab.core.permissions import can
from lab.core.text import excerpt, markdown

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
FRAGMENTS_KEPT = 16_000
SIGNS = re.compile(r"<(?P<end>/?)(?:(?P<name>title|option|textarea)\b)?|>")
# Blocks that the frame shows as words alone: in its `<title>` and in attributes.
PLAIN_BLOCKS = frozenset({"title", "description"})


@dataclass
class Place:
    """Where in a page the template stands: words alone are shown in a tag, a title, an option, a text field."""

    in_tag: bool = False
    in_words: bool = False
    blocks: list[str] = field(default_factory=list)

    @property
    def plain(self) -> bool:
        return self.in_tag or self.in_words or not PLAIN_BLOCKS.isdisjoint(self.blocks)

    def read(self, data: str) -> None:
        for sign in SIGNS.finditer(data):
            self.in_tag = sign[0] != ">"
            if sign["name"]:
                self.in_words = not sign["end"]

    def enter(self, word: str, name: str) -> None:
        if word == "block":
            self.blocks.append(name)
        elif word == "endblock":
            self.blocks.pop()


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
            here=page_to_return_to(),
            path=request.path,
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
    """An address of this site. Remembered: the frame of every page asks for the same ten.

    Built without the request: whoever asks a host that is not ours is answered with links too.
    """
    return current_app.url_map.bind("").build(endpoint, arguments)


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
        lang_of=partial(_lang_of, language),
        **values,
    )
    environment.filters.update(
        bare=i18n.bare,
        markdown=markdown,
        excerpt=excerpt,
        when=dates.when,
        deadline=dates.deadline,
        day=dates.day,
        number=dates.number,
    )
    environment.add_extension(Translated)
    return environment


def _lang_of(page: str, text: str) -> Markup:
    """The attribute that an element needs whose text is in another language than its page (WCAG 3.1.2)."""
    # A constant of ours; `format` of Markup escapes the code.
    return Markup("") if text == page else Markup(' lang="{}"').format(text)


def _sentence(message: str, **values: Any) -> Markup:
    """A sentence with values in it: each value is escaped, or kept when it is markup of ours (a `<time>`)."""
    return _filled(i18n.gettext(message), values)


def _counted_sentence(singular: str, plural: str, num: int, **values: Any) -> Markup:
    return _filled(i18n.choose_plural(singular, plural, num), {"num": dates.number(num)} | values)


def _filled(sentence: str, values: dict[str, Any]) -> Markup:
    if isinstance(sentence, Fallback):  # marked as a whole, so its Spanish values are not marked again
        return i18n.marked(escape(i18n.bare(sentence)) % {name: i18n.bare(value) for name, value in values.items()})
    return escape(sentence) % values


def _translated(tokens: list[Token], language: str) -> Iterator[Token]:
    place, position = Place(), 0
    while position < len(tokens):
        token = tokens[position]
        if token.type == "data":
            place.read(token.value)
        elif token.type == "block_begin":
            place.enter(tokens[position + 1].value, tokens[position + 2].value)
        taken, replacement = _replacement(tokens, position, language, place.plain)
        yield from replacement
        position += taken


def _replacement(tokens: list[Token], at: int, language: str, plain: bool) -> tuple[int, list[Token]]:
    """How many tokens are taken from `at`, and what stands in their place."""
    line = tokens[at].lineno
    if _types(tokens, at, 6) == _WHOLE and tokens[at + 1].value == "_":
        text = _lookup(tokens[at + 3].value, language)
        return 6, [Token(line, "data", str(escape(i18n.bare(text) if plain else text)))]
    if _types(tokens, at, 4) == _CALL and tokens[at].value == "_":
        return 4, _expression(line, _lookup(tokens[at + 2].value, language))
    if plain and language not in i18n.COMPLETE:
        return 1, _bared(tokens[at])
    return 1, [tokens[at]]


def _bared(token: Token) -> list[Token]:
    """`{{ value }}` becomes `{{ (value)|bare }}`."""
    if token.type == "variable_begin":
        return [token, Token(token.lineno, "lparen", "(")]
    if token.type == "variable_end":
        bare = [("rparen", ")"), ("pipe", "|"), ("name", "bare")]
        return [*(Token(token.lineno, kind, value) for kind, value in bare), token]
    return [token]


_CALL = ["name", "lparen", "string", "rparen"]
_WHOLE = ["variable_begin", *_CALL, "variable_end"]


def _types(tokens: list[Token], at: int, count: int) -> list[str]:
    return [token.type for token in tokens[at : at + count]]


def _expression(line: int, text: str) -> list[Token]:
    string = Token(line, "string", i18n.bare(text))
    if not isinstance(text, Fallback):
        return [string]
    return [Token(line, "name", "fallback"), Token(line, "lparen", "("), string, Token(line, "rparen", ")")]


def _lookup(message: str, language: str) -> str:
    found = i18n.catalogue(language).gettext(message)
    return Fallback(message) if found == message and language not in i18n.COMPLETE else found
