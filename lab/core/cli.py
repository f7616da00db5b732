"""Commands of the program itself: start everything, start one role, say what is reachable."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import Any

import click
from flask import Flask

from config import SettingError, Settings, environment_with, stored_secret
from lab.core import assets, catalogues, embedded, embedded_paths, migrate, reachable, serving, supervisor
from lab.core.errors import Refusal

REFUSALS = (
    SettingError,
    embedded.EmbeddedError,
    migrate.MigrationError,
    reachable.Unreachable,
    supervisor.StartError,
    Refusal,
)


@dataclass(frozen=True)
class Assembly:
    """What `lab/cli.py`, which knows every feature, lends to these commands."""

    create_app: Callable[[Settings], Flask]
    first_content: Sequence[supervisor.FirstContent] = ()


class OperatorGroup(click.Group):
    """A group whose commands answer a refusal with one line and exit code 1, never with a trace."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except REFUSALS as error:
            raise click.ClickException(" ".join(str(error).split())) from error


@click.command()
@click.option("--port", type=click.IntRange(0, supervisor.HIGHEST_PORT), help="Instead of PORT; 0 takes a free one.")
@click.option("--no-demo", is_flag=True, help="Leave an empty installation empty.")
@click.pass_obj
def up(assembly: Assembly, port: int | None, no_demo: bool) -> None:
    """Start everything: database, migrations, pages and job worker. Ctrl-C stops it all."""
    settings = Settings.from_environment()
    if port is not None:
        settings = replace(settings, port=port)
    supervisor.up(settings, demo=not no_demo, first_content=assembly.first_content)


@click.command("migrate")
@click.pass_obj
def migrate_command(assembly: Assembly) -> None:
    """Bring the database's schema and legal texts up to this program: before `lab serve`, which brings neither."""
    settings = Settings.from_environment()
    with _reached(settings) as url:
        migrate.upgrade(url)
        for bring in assembly.first_content:
            bring(_on(settings, url), False)
    click.echo("migrations and legal texts are complete")


@click.command()
@click.option("--only", type=click.Choice(["pages", "worker"]), required=True, help="The role to run.")
@click.pass_obj
def serve(assembly: Assembly, only: str) -> None:
    """Run one role alone, on a database that is already there."""
    settings = _attached(Settings.from_environment())
    if only == "pages":
        _become_pages(settings)
    from lab.core.jobs import run_worker  # the queue's imports cost `lab up` half a second

    run_worker(assembly.create_app(settings), settings.database_url)


@click.command()
def check() -> None:
    """Say what is configured and reachable; exit non-zero when something needed is not."""
    settings = Settings.from_environment()
    failed = False
    for name, examine in (("data folder", _data_folder), ("database", _database), ("redis", _redis)):
        try:
            for line in examine(settings):
                click.echo(f"{name}: {line}")
        except REFUSALS as error:
            click.echo(f"{name}: NOT OK, {error}")
            failed = True
    raise SystemExit(1 if failed else 0)


@click.group()
def i18n() -> None:
    """Translations: bring up to the code, check, compile."""


@i18n.command("update")
def i18n_update() -> None:
    """Bring every catalogue's messages up to the code."""
    for path in catalogues.update():
        click.echo(f"updated {path.relative_to(catalogues.ROOT)}")


@i18n.command("compile")
def i18n_compile() -> None:
    """Write the binary form that the program reads."""
    click.echo(f"compiled {len(catalogues.compile_all())} catalogues")


@i18n.command("check")
def i18n_check() -> None:
    """Say what is missing or stale; exit non-zero when something is."""
    findings = catalogues.check()
    for finding in findings:
        click.echo(str(finding))
    raise SystemExit(1 if findings else 0)


@click.group("assets")
def assets_group() -> None:
    """Static files: join and copy what the browser gets."""


@assets_group.command("build")
def assets_build() -> None:
    """Join the stylesheets and pick the icons that are used."""
    for path in assets.build():
        click.echo(f"built {path.name}, {path.stat().st_size} bytes")


def with_app(command: Callable[..., Any]) -> Callable[..., Any]:
    """Runs a command inside the application, on the database named, running, or started for this one command.

    Refuses with `StartError` a database that lacks migrations, and with `Unreachable` one that is away.
    """

    @click.pass_obj
    @wraps(command)
    def run(assembly: Assembly, *args: Any, **kwargs: Any) -> Any:
        settings = Settings.from_environment()
        with _reached(settings) as url:
            _migrations(url)
            with assembly.create_app(_on(settings, url)).app_context():
                return command(*args, **kwargs)

    return run


@contextmanager
def _reached(settings: Settings) -> Iterator[str]:
    if settings.database_url:
        reachable.refuse_unreachable(settings.database_url)
        yield settings.database_url
        return
    embedded.make_writable(settings.data_folder)
    with embedded.reach(settings.data_folder) as url:
        yield url


def _attached(settings: Settings) -> Settings:
    """The settings with a database: the one named, or the embedded one a `lab up` is running."""
    url = settings.database_url or embedded.running_url(settings.data_folder)
    if not url:
        raise SettingError("DATABASE_URL is not set and no lab up is running for this LAB_DATA")
    return _on(settings, url)


def _on(settings: Settings, url: str) -> Settings:
    """The settings on this database, with the stored secret where none was given."""
    if settings.secret_key:
        return replace(settings, database_url=url)
    embedded.make_writable(settings.data_folder)
    return replace(settings, database_url=url, secret_key=stored_secret(settings.data_folder))


def _become_pages(settings: Settings) -> None:
    environment = environment_with(DATABASE_URL=settings.database_url, SECRET_KEY=settings.secret_key)
    command = serving.command("--bind", f"{supervisor.HOST}:{settings.port}")
    os.chdir(supervisor.ROOT)
    os.execve(command[0], command, environment)  # noqa: S606 — gunicorn takes this process's place


def _data_folder(settings: Settings) -> Iterator[str]:
    embedded.make_writable(settings.data_folder)
    yield f"ok, {settings.data_folder}"


def _database(settings: Settings) -> Iterator[str]:
    if settings.database_url:
        reachable.refuse_unreachable(settings.database_url)
        yield "ok, at DATABASE_URL"
        yield _migrations(settings.database_url)
    elif _has_cluster(settings.data_folder):
        with embedded.reach(settings.data_folder) as url:
            yield "ok, embedded"
            yield _migrations(url)
    else:
        embedded_paths.packaged_programs()
        yield "embedded, will be made by lab up"


def _has_cluster(data_folder: Path) -> bool:
    return (embedded_paths.folder_of(data_folder) / embedded_paths.MAJOR).exists()


def _migrations(url: str) -> str:
    if migrate.pending(url):
        raise supervisor.StartError("migrations are missing: lab migrate brings them")
    return "migrations are complete"


def _redis(settings: Settings) -> Iterator[str]:
    if not settings.redis_url:
        yield "not set, needed only with several socket processes"
        return
    reachable.refuse_unreachable_redis(settings.redis_url)
    yield "ok"
