"""Static files: found by the hash of their contents, kept for ever, compressed, and nothing else served."""

import gzip

import brotli
import pytest

from lab.core import assets
from lab.core.assets import asset


@pytest.fixture
def script(app) -> str:
    return asset("js/main.js")


def test_a_file_is_kept_for_ever(client, script):
    answer = client.get(script)
    assert (answer.status_code, answer.mimetype) == (200, "text/javascript")
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(("encoding", "open_up"), [("br", brotli.decompress), ("gzip", gzip.decompress)])
def test_a_compressed_file_is_the_same_file(client, script, encoding, open_up):
    packed = client.get(script, headers={"Accept-Encoding": encoding})
    assert packed.headers["Content-Encoding"] == encoding
    assert open_up(packed.data) == client.get(script).data


def test_a_file_of_an_older_build_is_not_served_under_its_old_name(client, script):
    name = script.split("/", 3)[3]
    assert client.get(f"/assets/000000000000/{name}").status_code == 404


@pytest.mark.parametrize("name", ["../config.py", "..%2fconfig.py", "js/../../config.py", "nothing.js", "%00"])
def test_nothing_else_is_served(client, script, name):
    folder = script.rsplit("/js/", 1)[0]
    assert client.get(f"{folder}/{name}").status_code in {400, 404}


def test_a_template_that_names_an_unknown_file_fails_at_once(app):
    with pytest.raises(KeyError):
        asset("nothing.css")


def test_compacting_a_stylesheet_keeps_its_rules():
    assert assets._compact("/* why */\n.a {\n\n  color: red; /* x */\n}\n") == ".a {\ncolor: red;\n}"
