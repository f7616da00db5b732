"""Nothing stands on the shelf unused, and a table stays a table where it looks like cards."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "static"
TEMPLATES = {path: path.read_text() for path in (ROOT / "templates").rglob("*.html")}
WORDS = "\n".join([*TEMPLATES.values(), *(path.read_text() for path in (ROOT / "lab").rglob("*.py"))])
MACROS = sorted({name for text in TEMPLATES.values() for name in re.findall(r"{%-? macro (\w+)\(", text)})
ICONS = (STATIC / "icons.txt").read_text().split()
TABLES = [path for path, text in TEMPLATES.items() if "<table" in text]
BEHAVIOURS = (STATIC / "js" / "behaviours").glob("*.js")


@pytest.mark.parametrize("name", MACROS)
def test_every_macro_is_used(name):
    calls = len(re.findall(rf"\b{name}\(", WORDS)) - len(re.findall(rf"(?:macro |{{# ){name}\(", WORDS))
    assert calls > 0


@pytest.mark.parametrize("name", ICONS)
def test_every_icon_is_used(name):
    assert f"'{name}'" in WORDS or f'"{name}"' in WORDS


def test_every_behaviour_is_known_and_named():
    main = (STATIC / "js" / "main.js").read_text()
    known = set(re.findall(r'"(\w+)"', main.splitlines()[1]))
    defaults = {path.stem for path in BEHAVIOURS if "export default" in path.read_text()}
    assert known == defaults
    assert {name for name in known if not re.search(rf"data-behaviour=\"[^\"]*\b{name}\b", WORDS)} == set()


@pytest.mark.parametrize(
    "path", [path for path, text in TEMPLATES.items() if "<table" in text], ids=lambda path: path.name
)
def test_every_part_of_a_table_says_its_role(path):
    parts = re.findall(r"<(table|thead|tbody|tr|th|td)\b([^>]*)", TEMPLATES[path])
    assert [f"<{tag}{rest}>" for tag, rest in parts if "role=" not in rest] == []
