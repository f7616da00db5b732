"""Where a form may send the browser: never to another site."""

import re
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as some

from lab.core.paths import own_path

HERE = "https://lab.example/ideas/1"
ELSEWHERE = [
    None,
    "",
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example/",
    "\\\\evil.example/",
    "/\\/evil.example/",
    "/\t/evil.example/",
    "/\n/evil.example/",
    "\t//evil.example",
    " //evil.example",
    "javascript:alert(1)",
    "evil.example",
    "https:evil.example",
    "/ok\r\nSet-Cookie: a=b",
    "/ok\x00",
]
ADDRESS = some.text(some.sampled_from("/\\.:@?#%\t\n\r ;aeh[]") | some.characters(), max_size=30)


def landing_host(address: str) -> str | None:
    """Where a browser lands: it drops tabs and line breaks and reads backslashes as slashes."""
    seen = re.sub("[\t\r\n]", "", address).strip().replace("\\", "/")
    return urlsplit(urljoin(HERE, seen)).hostname


@pytest.mark.parametrize("address", ELSEWHERE, ids=repr)
def test_a_foreign_address_is_replaced_by_the_default(address):
    assert own_path(address, "/home") == "/home"


@pytest.mark.parametrize("address", ["/", "/ideas/1", "/ideas?words=a%20b#c3", "/%2F%2Fevil.example", "/@a"])
def test_a_path_of_this_site_is_kept(address):
    assert own_path(address) == address


@given(ADDRESS | ADDRESS.map(lambda rest: "/" + rest))
def test_any_address_lands_on_this_site(address):
    assert landing_host(own_path(address)) == "lab.example"
