"""A program with a few doors more, for what no feature does on purpose."""

from dataclasses import replace

import pytest

from lab.app import create_app
from lab.core import errors, web
from lab.core.db import db
from lab.core.permissions import is_staff, signed_in
from tests.browser_client import BrowserClient

A_SECRET = "a sentence that only the log may hold"


def rehearsal_door() -> web.Door:
    door = web.Door("rehearsal", __name__)
    refusals = [errors.NotFound, errors.Gone, errors.NotAllowed, errors.WrongPhase, errors.Conflict, errors.Invalid]

    @door.writes("/rehearsal/write")
    def write():
        return "written"

    @door.reads("/rehearsal/staff", entry=is_staff)
    def staff():
        return "staff"

    @door.reads("/rehearsal/account", entry=signed_in)
    def account():
        return "account"

    @door.fills("/rehearsal/refuse/<int:number>")
    def refuse(number):
        raise refusals[number]("una razón")

    @door.writes("/rehearsal/sign-in-first")
    def sign_in_first():
        raise errors.NeedsAssurance("una razón")

    @door.fills("/rehearsal/defect")
    def defect():
        raise ZeroDivisionError(A_SECRET)

    return door


@pytest.fixture
def rehearsal(lab_settings, server_url, app):
    """`rehearsal(**settings)`: a program with a few doors more, for what no feature does on purpose."""
    built = []

    def build(url: str = server_url, **settings: object) -> BrowserClient:
        program = create_app(replace(lab_settings, **settings), url)
        program.register_blueprint(rehearsal_door())
        web.refuse_open_doors(program)
        built.append(program)
        return BrowserClient(program)

    yield build
    for program in built:
        with program.app_context():
            db.engine.dispose()


@pytest.fixture
def visitor(rehearsal) -> BrowserClient:
    return rehearsal()
