"""The command `lab`, put together: the one file, with `app.py`, that names every feature."""

from flask import Flask

from config import Settings
from lab.accounts import cli as accounts
from lab.core import cli as core
from lab.imports import cli as imports
from lab.pages import cli as pages


def _application(settings: Settings) -> Flask:
    from lab.app import create_app  # only for commands that need it: `lab up` leaves it to its children

    return create_app(settings)


def _first_content(settings: Settings, demo: bool) -> None:
    """What an empty installation gets at its first start: the legal texts and the demonstration."""
    with _application(settings).app_context():
        pages.ensure_first_content(demo)


main = core.OperatorGroup(
    help="Lab Abierto: start it, check it, look after it.",
    context_settings={"obj": core.Assembly(_application, (_first_content,))},
)
OWN = (core.up, core.migrate_command, core.serve, core.check, core.i18n, core.assets_group)
for command in (*OWN, accounts.group, imports.group, pages.group):
    main.add_command(command)

if __name__ == "__main__":
    main()
