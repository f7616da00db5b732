"""Pages as a person reads them in tests: by the words of their links, never by an address that was typed."""

import html
import re

LINK = re.compile(r'<a\b[^>]*\bhref="([^"]*)"[^>]*>(.*?)</a>', re.S)
TAG = re.compile(r"<[^>]+>")


def links(page: str, words: str) -> list[str]:
    """The addresses of every link that says exactly this."""
    return [html.unescape(address) for address, inside in LINK.findall(page) if _words(inside) == words]


def link(page: str, words: str) -> str:
    """The address of the one link that says this."""
    (address,) = links(page, words)
    return address


def hidden_field(page: str, name: str) -> str:
    """What the first form with such a hidden field would send."""
    found = re.search(rf'<input(?=[^>]*type="hidden")(?=[^>]*name="{name}")[^>]*value="([^"]*)"', page)
    assert found, f"no hidden field {name}"
    return html.unescape(found[1])


def _words(inside: str) -> str:
    return " ".join(html.unescape(TAG.sub(" ", inside)).split())
