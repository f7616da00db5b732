"""What people type: cleaned on the way in, inert on the way out, found whatever the accents."""

import unicodedata
from html.parser import HTMLParser

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as some

from lab.core.text import PROTOCOLS, TAGS, clean, clean_line, excerpt, fold, is_safe_link, markdown, slugify

ATTRIBUTES = {"a": {"href", "rel"}, "ol": {"start"}}
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox)",
    "[x](//other.example/)",
    "[x](/sign-out)",
    "[x](https://good.example@evil.example/)",
    '[x](https://a.example "onmouseover=alert(1)")',
    "![x](https://tracker.example/pixel.png)",
    "![x](javascript:alert(1))",
    "<https://a.example/><script>",
    "<javascript:alert(1)>",
    "[x]: javascript:alert(1)\n\n[x]",
    "```<script>\n</code></pre><script>alert(1)</script>\n```",
    "`</code><script>alert(1)</script>`",
    "# </h1><script>alert(1)</script>",
    "<!--[if IE]><script>alert(1)</script><![endif]-->",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<form action=https://evil.example><input name=x></form>",
    "<style>@import 'https://evil.example';</style>",
    "<p style='background:url(https://evil.example)'>x</p>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#x3c;script&#x3e;alert(1)&#x3c;/script&#x3e;",
    "\x00<scr\x00ipt>alert(1)</scr\x00ipt>",
    "<scr\u200bipt>alert(1)</script>",
    "<<script>script>alert(1)<</script>/script>",
    "{{ 7 * 7 }}{% raw %}",
    "1. <b>a\n2. </ol></main>\n99999999999. x",
]
NESTED = [">" * 10_000 + " x", "[" * 10_000, "*" * 10_000 + "x", "- " * 5_000 + "x", "<div>" * 10_000, "`" * 9_999]
INVISIBLE = ["\u200b", "\u200e", "\u202e", "\u2066", "\ufeff", "\u00ad", "\u2060", "\U000e0041", "\x00", "\x1b", "\x7f"]
TYPED = some.text(some.characters() | some.sampled_from("<>&\"'`[]()*_#>-!:/\n\t\u202e\u200b"), max_size=200)


def test_marks_do_not_tower_over_what_others_wrote():
    assert clean("Z" + "\u0301\u0489" * 5_000) == "\u0179" + ("\u0489\u0301" * 5_000)[:6]
    spoken = "ñandú, Avañe'ẽ, ch'ä̱, শ্রদ্ধাঞ্জলি, ที่นี่"
    assert clean(spoken) == unicodedata.normalize("NFC", spoken)


class Outline(HTMLParser):
    """A piece of HTML as the list of what it holds: tags with their attributes, and text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[object, ...]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append(("open", tag, tuple(sorted(attrs))))

    def handle_endtag(self, tag):
        self.found.append(("close", tag))

    def handle_data(self, data):
        before = self.found.pop()[1] if self.found and self.found[-1][0] == "text" else ""
        self.found.append(("text", str(before) + data))


def assert_inert(html: str) -> None:
    """A second sanitiser, which parses as browsers do, finds nothing to change."""
    judged = nh3.clean(html, tags=set(TAGS), attributes=ATTRIBUTES, url_schemes=set(PROTOCOLS), link_rel=None)
    assert Outline(html).found == Outline(judged).found


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_markdown_is_drawn_inert(text):
    html = markdown(text)
    assert_inert(html)
    assert not {tag for kind, tag, *_ in Outline(html).found if kind == "open"} - TAGS


@pytest.mark.parametrize(
    "address",
    ["//other.example/", "/sign-out", "sign-out", "https://good.example@evil.example/", "javascript:alert(1)", "tel:1"],
)
def test_only_whole_web_and_mail_addresses_become_links(address):
    assert "href" not in markdown(f"[x]({address})")


@pytest.mark.parametrize(
    "text", ["[x](https://a.example/)", "<https://a.example>", "<v@a.example>", "[x]\n\n[x]: http://a.example 'me'"]
)
def test_a_link_lends_nobody_the_name_of_the_lab(text):
    opened = [piece for piece in Outline(markdown(text)).found if piece[:2] == ("open", "a")]
    assert [dict(attributes)["rel"] for _open, _a, attributes in opened] == ["nofollow ugc noopener"]


@given(TYPED)
def test_any_text_is_drawn_inert(text):
    assert_inert(markdown(text))


@given(some.lists(some.sampled_from(HOSTILE), min_size=2, max_size=4))
def test_hostile_pieces_together_are_drawn_inert(pieces):
    assert_inert(markdown("\n".join(pieces)))


@pytest.mark.parametrize("text", NESTED, ids=lambda text: text[:4])
def test_deep_nesting_is_drawn_without_falling_over(text):
    html = markdown(text)
    assert html.count("<blockquote>") <= 20
    assert_inert(html)


def test_markdown_keeps_what_people_need():
    html = markdown("# Título\n\n**Agua** y *luz*\n\n1. uno\n\n> cita\n\n[sitio](https://a.example/b?c=1&d=2)")
    for piece in ("<h3>Título</h3>", "<strong>Agua</strong>", "<em>luz</em>", "<li>uno</li>", "<blockquote>"):
        assert piece in html
    assert 'href="https://a.example/b?c=1&amp;d=2"' in html


@pytest.mark.parametrize("character", INVISIBLE, ids=lambda character: f"U+{ord(character):04X}")
def test_invisible_and_direction_changing_characters_are_removed(character):
    assert clean(f"agua{character}limpia") == "agualimpia"
    assert character not in markdown(f"agua{character}limpia")


@given(some.text())
def test_cleaning_leaves_nothing_hidden_and_is_done_after_once(text):
    cleaned = clean(text)
    hidden = {sign for sign in cleaned if unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Co", "Cn"}}
    assert hidden <= {"\n", "\t", "\u200d"}
    assert clean(cleaned) == cleaned


def test_cleaning_keeps_accents_emoji_and_line_breaks():
    assert clean(" Ñandú\r\nmbo\u2019e 👩\u200d🌾 ") == "Ñandú\nmbo\u2019e 👩\u200d🌾"
    assert unicodedata.is_normalized("NFC", clean("educacio\u0301n"))


def test_a_title_stays_on_one_line():
    assert clean_line("Agua\n\n  para\ttodos\u2028ya") == "Agua para todos ya"


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("Educación", "educacion"),
        ("EDUCACIÓN", "educacion"),
        ("educacio\u0301n", "educacion"),
        ("Ñandú", "nandu"),
        ("Avañe\u2019ẽ", "avane'e"),
        ("p\u02bcunchay", "p'unchay"),
        ("p\u00b4unchay", "p'unchay"),
        ("p`unchay", "p'unchay"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("ﬁn", "fin"),
    ],
)
def test_folding_forgets_case_accents_and_kinds_of_apostrophe(typed, folded):
    assert fold(typed) == folded


@given(some.text())
def test_folding_twice_is_folding_once(text):
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("https://a.example/x", True),
        ("http://a.example", True),
        ("ftp://a.example", False),
        ("javascript:alert(1)", False),
        ("//a.example", False),
        ("/x", False),
        ("https:///x", False),
        ("https://user@a.example", False),
        ("https://[", False),
        ("", False),
    ],
)
def test_only_plain_web_addresses_become_links(address, safe):
    assert is_safe_link(address) is safe


def test_an_excerpt_ends_between_words():
    assert excerpt("**Agua** limpia para todos los barrios", 20) == "Agua limpia para…"


def test_a_slug_has_plain_letters_only():
    assert slugify("¡Ñandú & agua: 2ª vez!") == "nandu-agua-2a-vez"
