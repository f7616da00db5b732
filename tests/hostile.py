"""Texts that try to be something else: markup, scripts, links, invisible signs, turned directions, towers of signs."""

from html.parser import HTMLParser

from lab.core.text import clean, clean_line

MARKUP = "<script>alert('uno')</script><img src=x onerror=alert(2)><svg/onload=alert(3)>\"'><b>gordo</b>"
LINKS = "[clic](javascript:alert(1)) [clic](data:text/html,hola) <javascript:alert(2)> ![x](https://evil.example/x.png)"
TEMPLATE = "{{ 7 * 191 }} {% raw %} ${7*191} %(title)s %s {0} </textarea></title><!-- ]]>"
INVISIBLE = "pa\u200blabra\u2060 ocu\u00adlta\ufeff \U000e0041\U000e0042 \u0085\u2028\u2029 fin"
TURNED = "\u202egpj.atcaf\u202c \u2066\u2067\u2069 \u200f\u061c fin"
LOG_LINE = 'fin\n{"event": "signed in", "level": "info"}\r\n\x1b[31mrojo\x1b[0m'
QUOTES = "> " * 10_000 + "hondo"
LISTS = "- " * 1_900 + "hondo"
MARKS = "Z" + "\u0301\u0300\u0489\u20dd" * 2_500
WIDE = "W" * 4_000

TEXTS = {
    "markup": MARKUP,
    "links": LINKS,
    "template": TEMPLATE,
    "invisible": INVISIBLE,
    "turned": TURNED,
    "log line": LOG_LINE,
    "lists": LISTS,
    "quotes": QUOTES,
    "marks": MARKS,
    "wide": WIDE,
}
# None of these is ever stored: they hide text, turn it round or command a terminal.
UNSEEN = "\u200b\u200e\u200f\u202a\u202c\u202e\u2060\u2066\u2067\u2069\u061c\u00ad\ufeff\u0085\U000e0041\x00\x1b"


def everywhere(text: str) -> dict[str, str]:
    """The text in every place of a world, cleaned and cut as the forms would."""
    one_line = clean_line(text)
    return {"title": one_line[:120], "line": one_line[:60], "name": one_line[:80], "body": clean(text)[:3990]}


class Elements(HTMLParser):
    """What a page could do by itself: everything that is not text."""

    OWN = ("#", "/", "?", "http://127.0.0.1", "data:image/svg+xml,")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.alive: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        address = given.get("href", given.get("src", given.get("action", "#")))
        reachable = (*self.OWN, "https://", "http://") if tag == "a" else self.OWN
        foreign = not address.startswith(reachable) or address.startswith("//")
        named = [name for name in given if name.startswith("on") or name in ("style", "srcdoc")]
        script = tag == "script" and given.get("type") != "module"
        picture = tag == "img" and not given.get("src", "").startswith("/bands/")
        if foreign or named or script or picture or tag in ("iframe", "object", "embed", "base", "b", "style"):
            self.alive.append(f"<{tag} {given}>")


def alive_in(html: str) -> list[str]:
    """The parts of a page that no template of ours wrote and that would act in a browser."""
    return Elements(html).alive
