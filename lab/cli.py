"""The command `lab`, put together: the one file, with `app.py`, that names every feature."""

from flask import Flask

from config import Settings
from lab.core import cli as core
from lab.core.supervisor import FirstContent
from lab.imports import cli as imports

FIRST_CONTENT: tuple[FirstContent, ...] = ()


def _application(settings: Settings) -> Flask:
    from lab.app import create_app  # only for commands that need it: `lab up` leaves it to its children

    return create_app(settings)


main = core.OperatorGroup(
    help="Lab Abierto: start it, check it, look after it.",
    context_settings={"obj": core.Assembly(_application, FIRST_CONTENT)},
)
for command in (core.up, core.serve, core.check, imports.group):
    main.add_command(command)

if __name__ == "__main__":
    main()
