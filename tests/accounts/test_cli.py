"""Accounts from the shell."""

import pytest
from click.testing import CliRunner

from lab.accounts import operations
from lab.cli import main
from lab.core import cli
from lab.core.actors import Role
from lab.core.errors import Invalid
from tests.factories.challenges import a_challenge
from tests.factories.people import PASSWORD, again, email_of

ADDRESS = "ana@example.org"


@pytest.fixture
def lab(app, database_url, data_folder, monkeypatch):
    """`lab("user", ...)`: the command over the application of the tests."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("LAB_DATA", str(data_folder))
    assembly = cli.Assembly(lambda _settings: app)
    return lambda *words, typed="": CliRunner().invoke(main, words, obj=assembly, input=typed)


def test_first_administrator_is_made(lab):
    made = lab("user", "create", ADDRESS, "--name", "Ana", "--administrator", "--password-stdin", typed=PASSWORD)
    assert made.exit_code == 0, made.output
    assert operations.check_password(ADDRESS, PASSWORD).actor.grants == {(Role.ADMINISTRATOR, None)}


def test_password_is_asked_for_twice_and_never_shown(lab):
    made = lab("user", "create", ADDRESS, typed=f"{PASSWORD}\n{PASSWORD}\n")
    assert made.exit_code == 0, made.output
    assert PASSWORD not in made.output


def test_role_is_given_and_withdrawn_for_one_challenge(lab, member):
    challenge = a_challenge()
    words = ("user", "role", email_of(member), "moderator", "--challenge", challenge.slug)
    assert lab(*words).exit_code == 0
    assert again(member).grants == {(Role.MODERATOR, challenge.id)}
    assert lab(*words, "--withdraw").exit_code == 0
    assert again(member).grants == set()


def test_administrator_of_one_challenge_is_refused_in_one_line(lab, member):
    answer = lab("user", "role", email_of(member), "administrator", "--challenge", a_challenge().slug)
    assert (answer.exit_code, answer.output.count("\n")) == (1, 1)
    assert "no un solo reto" in answer.output


def test_new_password_opens_the_account_and_the_old_one_does_not(lab, member):
    assert lab("user", "password", email_of(member), "--password-stdin", typed="otra clave larga").exit_code == 0
    assert operations.check_password(email_of(member), "otra clave larga")
    with pytest.raises(Invalid):
        operations.check_password(email_of(member), PASSWORD)


@pytest.mark.parametrize(
    "words",
    [
        ("create", ADDRESS, "--password-stdin"),
        ("create", "ana", "--password-stdin"),
        ("role", ADDRESS, "moderator"),
        ("role", ADDRESS, "moderator", "--withdraw"),
        ("role", ADDRESS, "moderator", "--challenge", "no-hay"),
        ("password", ADDRESS, "--password-stdin"),
    ],
)
def test_bad_input_is_one_clear_line(lab, words):
    refused = lab("user", *words, typed="corta")
    assert refused.exit_code == 1
    assert len(refused.output.strip().splitlines()) == 1
    assert refused.output.startswith("Error: ")
