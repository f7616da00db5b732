"""Text from people: cleaned on the way in, drawn inert on the way out. The only user of bleach.

bleach gets no further releases (its notice of June 2026); its output is tested against a second sanitiser.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import bleach
from markdown_it import MarkdownIt
from markupsafe import Markup

TAGS = frozenset(
    {"a", "blockquote", "br", "code", "em", "h2", "h3", "h4", "hr", "li", "ol", "p", "pre", "strong", "ul"}
)
ATTRIBUTES = {"a": ["href", "rel"], "ol": ["start"]}
# Whoever writes here lends no name of ours to what they link to, and what opens gets no hold of this page.
LINK_REL = "nofollow ugc noopener"
PROTOCOLS = frozenset({"http", "https", "mailto"})
APOSTROPHES = str.maketrans({"\u2019": "'", "\u02bc": "'", "\u2018": "'", "\u00b4": "'", "`": "'"})
LETTERS_WITHOUT_DECOMPOSITION = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ı": "i"})
# Accents stand one or two high, signs of some scripts four; whoever stacks more covers what others wrote.
MARKS_ON_A_LETTER = 6
KEPT_CONTROLS = {"\n", "\t"}
# Format characters (Cf) hide text or turn its direction; the joiners are kept because emoji need them.
KEPT_FORMATS = {"\u200d"}


def _open_link(renderer: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
    tokens[index].attrSet("rel", LINK_REL)
    return str(renderer.renderToken(tokens, index, options, env))


_markdown = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).disable(["image", "html_block", "html_inline"])
_markdown.add_render_rule("link_open", _open_link)


def clean(text: str) -> str:
    """NFC, one kind of line break, without control, invisible and direction-changing characters or towers of marks."""
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    visible = "".join(character for character in composed if _visible(character)).strip()
    return visible if visible.isascii() else _without_towers(visible)


def clean_line(text: str) -> str:
    """A title or a name: cleaned and on one line."""
    return " ".join(clean(text).split())


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """The form in which texts are searched and names ordered: no case, accents, tildes or kinds of apostrophe."""
    # Decomposed before and after: a mathematical capital has a case only once it is decomposed.
    plain = unicodedata.normalize("NFKD", text.translate(APOSTROPHES)).casefold()
    decomposed = unicodedata.normalize("NFKD", plain)
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    return bare.translate(APOSTROPHES).translate(LETTERS_WITHOUT_DECOMPOSITION)


@lru_cache(maxsize=4096)
def markdown(text: str, heading: int = 3) -> Markup:
    """Markdown to safe HTML: no raw HTML, no images, links only to http, https and mailto, with `LINK_REL`.

    Every heading becomes one of level `heading` (2 to 4), which has to fit the page around it. Nothing may change
    the HTML after this function. Remembered, because the sanitiser costs a millisecond.
    """
    html = _markdown.render(clean(text))
    shifted = re.sub(r"<(/?)h[1-6]>", rf"<\1h{heading}>", html)
    safe = bleach.clean(shifted, tags=TAGS, attributes=_attribute_allowed, protocols=PROTOCOLS, strip=True)
    return Markup(safe)  # noqa: S704 - the output of the one sanitiser


@lru_cache(maxsize=8192)
def excerpt(text: str, length: int = 160) -> str:
    """The first `length` characters at most, as plain words, cut between words."""
    plain = " ".join(_MARKS.sub(" ", text[: length * 3]).split())
    if len(plain) <= length:
        return plain
    return plain[:length].rsplit(" ", 1)[0].rstrip(" ,.;:") + "…"


def slugify(text: str, limit: int = 80) -> str:
    """An address part in plain letters: `Agua en el Valle` becomes `agua-en-el-valle`."""
    return re.sub(r"[^a-z0-9]+", "-", fold(text)).strip("-")[:limit].strip("-")


def is_safe_link(address: str) -> bool:
    """Whether an address typed by a person may become a link: http or https with a host."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc


_MARKS = re.compile(r"[*_>#`\[\]]|\(https?://[^)]*\)")


def _without_towers(text: str) -> str:
    kept: list[str] = []
    height = 0
    for character in text:
        height = height + 1 if unicodedata.category(character) in {"Mn", "Me"} else 0
        if height <= MARKS_ON_A_LETTER:
            kept.append(character)
    return "".join(kept)


def _visible(character: str) -> bool:
    category = unicodedata.category(character)
    if category == "Cc":
        return character in KEPT_CONTROLS
    if category == "Cf":
        return character in KEPT_FORMATS
    return category not in {"Cs", "Co", "Cn"}


def _attribute_allowed(tag: str, name: str, value: str) -> bool:
    if name == "href":
        return is_safe_link(value) or value.startswith("mailto:")
    return name in ATTRIBUTES.get(tag, [])
