"""`lab user`: accounts and roles from the shell, for the first administrator and for a lost password."""

import sys

import click

from lab.accounts import operations, queries
from lab.accounts.operations import Scope
from lab.core.actors import SYSTEM, Role
from lab.core.cli import with_app
from lab.core.db import unit_of_work

EVERYWHERE = Scope(Role.ADMINISTRATOR, None)
from_stdin = click.option("--password-stdin", is_flag=True, help="Read the password from the first line of stdin.")


@click.group("user")
def group() -> None:
    """Accounts, their roles and passwords."""


@group.command()
@click.argument("email")
@click.option("--name", default="", help="The name that others see.")
@click.option("--administrator", is_flag=True, help="Also give the role of administrator of the whole lab.")
@from_stdin
@with_app
def create(email: str, name: str, administrator: bool, password_stdin: bool) -> None:
    """Make an account for the address EMAIL; asks for a password twice."""
    password = _password(password_stdin)
    with unit_of_work():
        person_id = operations.create_person(SYSTEM, email, password, name)
        if administrator:
            operations.grant_role(SYSTEM, email, EVERYWHERE)
    click.echo(f"account {person_id} made for {email}" + (", administrator" if administrator else ""))


@group.command()
@click.argument("email")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@click.option("--challenge", "slug", help="For this challenge only; without it for the whole lab.")
@click.option("--withdraw", is_flag=True, help="Take the role back.")
@with_app
def role(email: str, role: str, slug: str | None, withdraw: bool) -> None:
    """Give the account EMAIL a ROLE, or take it back."""
    scope = Scope(Role(role), queries.get_scope_by_slug(slug).challenge_id if slug else None)
    with unit_of_work():
        if withdraw:
            operations.withdraw_role(SYSTEM, queries.get_grant_of(email, scope.role, scope.challenge_id).id)
        else:
            operations.grant_role(SYSTEM, email, scope)
    place = f"challenge {slug}" if slug else "the whole lab"
    click.echo(f"{email}: {role} of {place} {'withdrawn' if withdraw else 'given'}")


@group.command()
@click.argument("email")
@from_stdin
@with_app
def password(email: str, password_stdin: bool) -> None:
    """Set a new password for the account EMAIL and end all its sessions."""
    person = queries.get_account(email)
    new = _password(password_stdin)
    with unit_of_work():
        operations.change_password(SYSTEM, person.id, "", new)
    click.echo(f"{email}: password changed, all sessions ended")


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
