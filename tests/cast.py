"""The cast: who acts in the tests. Each is stored when a test names them, and only then.

`author` and `member` hold an account and agreed to the terms; `guest` contributed without an account; the staff
hold their role for the whole lab; `stranger` is a visitor of whom nothing is stored.
"""

from collections.abc import Callable

import pytest
from flask import Flask

from lab.core.actors import Actor, Role
from tests.browser_client import BrowserClient
from tests.factories.people import a_guest, a_person, a_staff_member


@pytest.fixture
def author(app: Flask) -> Actor:
    return a_person("Autora")


@pytest.fixture
def member(app: Flask) -> Actor:
    return a_person("Vecino")


@pytest.fixture
def guest(app: Flask) -> Actor:
    return a_guest("Visita")


@pytest.fixture
def stranger(app: Flask) -> Actor:
    return Actor(guest_key="a" * 32)


@pytest.fixture
def moderator(app: Flask) -> Actor:
    return a_staff_member(Role.MODERATOR)


@pytest.fixture
def facilitator(app: Flask) -> Actor:
    return a_staff_member(Role.FACILITATOR)


@pytest.fixture
def analyst(app: Flask) -> Actor:
    return a_staff_member(Role.ANALYST)


@pytest.fixture
def administrator(app: Flask) -> Actor:
    return a_staff_member(Role.ADMINISTRATOR)


@pytest.fixture
def sign_in() -> Callable[[BrowserClient, Actor], None]:
    """`sign_in(client, member)`: the browser is theirs from now on."""
    return BrowserClient.sign_in
