"""Settings: what an installation says, and what it leaves to the defaults."""

import re
from pathlib import Path

import pytest

from config import SettingError, Settings

EXAMPLE = Path(__file__).resolve().parents[1] / ".env.example"
NAMES = re.findall(r"^([A-Z_]+)=", EXAMPLE.read_text(), re.MULTILINE)


@pytest.mark.parametrize("nothing", ["", " "])
@pytest.mark.parametrize("name", NAMES)
def test_empty_setting_is_one_that_was_not_made(name, nothing):
    assert Settings.from_environment({name: nothing}) == Settings.from_environment({})


@pytest.mark.parametrize("name", ["DATABASE_URL", "SECRET_KEY", "PUBLIC_URL"])
def test_production_refuses_a_needed_setting_that_is_empty(name):
    whole = {"DATABASE_URL": "postgresql://h/lab", "SECRET_KEY": "s", "PUBLIC_URL": "https://lab.example"}
    with pytest.raises(SettingError, match=name):
        Settings.from_environment(whole | {"LAB_ENV": "production", name: " "})


def test_example_shows_the_defaults():
    shown = dict(line.split("=", 1) for line in EXAMPLE.read_text().splitlines() if line and not line.startswith("#"))
    assert Settings.from_environment(shown) == Settings.from_environment({})
