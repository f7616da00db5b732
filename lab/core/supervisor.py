"""What `lab up` does: database, migrations, first content, web and job worker until it is told to stop."""

import http.client
import signal
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

from config import Settings, environment_with, stored_secret
from lab.core import children, embedded, migrate, serving
from lab.core.embedded import EmbeddedError, EmbeddedServer
from lab.core.reachable import refuse_unreachable

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
HIGHEST_PORT = 65535
PATIENCE_WITH_PORT = 2.0
PATIENCE_WITH_WEB = 120.0
LONGEST_PAUSE = 30.0
CALM_SECONDS = 60.0
BEAT = 0.1
STDERR = 2

FirstContent = Callable[[Settings, bool], None]


class StartError(Exception):
    """`lab up` cannot go on; the text is one line for the operator."""


class Stopped(BaseException):
    """A signal asked for the end: unwinds from wherever the program is."""


@dataclass(kw_only=True)
class Kept(ABC):
    """Something that should always run; each early death doubles the pause before its next start."""

    started: float = 0.0
    pause: float = 0.0
    sleeping_until: float = 0.0

    @abstractmethod
    def keep_alive(self) -> None:
        """Starts it again when it died, at once after a calm minute, later and later when it keeps dying."""

    def _lengthen(self, now: float) -> None:
        calm = now - self.started > CALM_SECONDS
        self.pause = 0.1 if calm or not self.pause else min(self.pause * 2, LONGEST_PAUSE)
        self.sleeping_until = now + self.pause


@dataclass
class Role(Kept):
    """A child process."""

    name: str
    command: list[str]
    environment: dict[str, str]
    leash: signal.Signals
    patience: float
    inherited: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.started = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 — our own command, no shell
            self.command,
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=STDERR,  # our stdout carries the address and nothing else
            pass_fds=self.inherited,
            start_new_session=True,  # Ctrl-C reaches `lab up` alone, which stops things in order
            preexec_fn=children.leash(self.leash),
        )

    @property
    def dead(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def keep_alive(self) -> None:
        if not self.dead:
            return
        now = time.monotonic()
        if self.process is not None:
            self._note_death(self.process, now)
        if now >= self.sleeping_until:
            self.start()

    def _note_death(self, process: subprocess.Popen[bytes], now: float) -> None:
        self._lengthen(now)
        self.process = None
        say(f"{self.name} ended unexpectedly ({process.returncode}); starting it again in {self.pause:g} s")

    def ask_to_stop(self) -> None:
        if self.process is not None and not self.dead:
            self.process.send_signal(signal.SIGTERM)

    def stop(self) -> None:
        if self.process is not None:
            children.end(self.process, [(signal.SIGTERM, self.patience)])


@dataclass
class Database(Kept):
    """The embedded server. That it cannot start now (a full disk, a slow recovery) is no reason to end the rest."""

    server: EmbeddedServer
    down: bool = False

    def keep_alive(self) -> None:
        if self.server.alive:
            return
        if not self.down:
            self.down = True
            self._lengthen(time.monotonic())
            say(f"the database ended unexpectedly; starting it again in {self.pause:g} s")
        if time.monotonic() >= self.sleeping_until:
            self._revive()

    def _revive(self) -> None:
        self.started = time.monotonic()
        try:
            self.server.revive()
            self.down = False
        except (EmbeddedError, OSError) as error:
            self._lengthen(time.monotonic())
            say(f"{error}; trying again in {self.pause:g} s")


def up(settings: Settings, *, demo: bool, first_content: Sequence[FirstContent] = ()) -> None:
    """Runs the whole program until SIGINT, SIGTERM or SIGHUP; prints the address once it answers.

    Refuses, in one line and before anything serves: a busy port (`StartError`), a data folder or a database
    that cannot be used (`EmbeddedError`, `Unreachable`), a web process that does not come up (`StartError`).
    """
    _listen_to_signals()
    with ExitStack() as stack:
        try:
            _run(settings, stack, demo, first_content)
        except Stopped:
            pass  # asked for: leaving the stack stops everything, last started first
        finally:
            _ignore_signals()


def say(line: str) -> None:
    """One line for the operator beside the address: on stderr."""
    sys.stderr.write(f"lab up: {line}\n")


def _run(settings: Settings, stack: ExitStack, demo: bool, first_content: Sequence[FirstContent]) -> NoReturn:
    door = stack.enter_context(_open_door(settings.port))
    embedded.make_writable(settings.data_folder)
    server = None if settings.database_url else stack.enter_context(embedded.start(settings.data_folder))
    if server and server.notice:
        say(server.notice)
    settings = _completed(settings, door, server)
    refuse_unreachable(settings.database_url)
    migrate.upgrade(settings.database_url)
    roles = _roles(settings, door)
    stack.callback(_stop_together, roles)
    for role in roles:
        role.start()
    # While the children load: nobody knows the address yet, and two processors do it in half the time.
    for bring in first_content:
        bring(settings, demo)
    _wait_until_served(settings, roles[0])
    print(f"Lab Abierto: http://{HOST}:{settings.port}", flush=True)  # noqa: T201 — the one line of `lab up`
    _watch([*([Database(server)] if server else []), *roles])


def _open_door(port: int) -> socket.socket:
    """The listening socket, held here: the port stays ours through every restart of the web."""
    if port > HIGHEST_PORT:
        raise StartError(f"PORT must be at most {HIGHEST_PORT}, not {port}")
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    deadline = time.monotonic() + PATIENCE_WITH_PORT
    while True:
        try:
            door.bind((HOST, port))
            door.listen(serving.backlog)
            return door
        except OSError as error:
            # The web process of a start that was killed may need a moment to let go.
            if time.monotonic() > deadline or isinstance(error, PermissionError):
                door.close()
                raise StartError(f"port {port} cannot be used: {error.strerror}; set PORT or --port") from error
            time.sleep(BEAT)


def _completed(settings: Settings, door: socket.socket, server: EmbeddedServer | None) -> Settings:
    """The settings with what only this start knows: port, address of the database, stored secret."""
    return Settings.from_environment(
        environment_with(
            PORT=str(door.getsockname()[1]),
            LAB_DATA=str(settings.data_folder),
            DATABASE_URL=server.url if server else settings.database_url,
            SECRET_KEY=settings.secret_key or stored_secret(settings.data_folder),
        )
    )


def _roles(settings: Settings, door: socket.socket) -> list[Role]:
    environment = environment_with(
        PORT=str(settings.port),
        LAB_DATA=str(settings.data_folder),
        DATABASE_URL=settings.database_url,
        SECRET_KEY=settings.secret_key,
        PYTHONUNBUFFERED="1",
    )
    web = serving.command("--workers", "1", "--bind", f"fd://{door.fileno()}")
    worker = [sys.executable, "-m", "lab.cli", "serve", "--only", "worker"]
    # After a kill -9 of `lab up` the web must free the port at once: SIGQUIT, gunicorn's quick stop.
    return [
        Role("web", web, environment, signal.SIGQUIT, serving.graceful_timeout + 5, (door.fileno(),)),
        Role("worker", worker, environment, signal.SIGTERM, 20),
    ]


def _wait_until_served(settings: Settings, web: Role) -> None:
    deadline = time.monotonic() + PATIENCE_WITH_WEB
    while not _healthy(settings):
        if web.dead:
            raise StartError("the web process did not start: see the lines above")
        if time.monotonic() > deadline:
            raise StartError("the web process does not answer at /healthz")
        time.sleep(BEAT / 2)


def _healthy(settings: Settings) -> bool:
    connection = http.client.HTTPConnection(HOST, settings.port, timeout=5)
    try:
        connection.request("GET", "/healthz", headers={"Host": settings.public_host})
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def _watch(everything: Sequence[Kept]) -> NoReturn:
    while True:
        for each in everything:
            each.keep_alive()
        time.sleep(BEAT)


def _stop_together(roles: list[Role]) -> None:
    for role in roles:
        role.ask_to_stop()
    for role in roles:
        role.stop()


def _listen_to_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)


def _ignore_signals() -> None:
    """Stopping has begun and is bounded in time: a second Ctrl-C must not leave it half done."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    _ignore_signals()
    raise Stopped
