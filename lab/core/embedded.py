"""An embedded PostgreSQL: the zero-install default, run as a child of the process that needs it.

One starter per folder (a lock the kernel drops with its holder), no port (a socket in a private folder),
and nothing left behind: the server ends with its starter, even by kill -9, and the next start clears what
a crash left. Processes of others are never signalled.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import psycopg2

from lab.core import children, embedded_lock
from lab.core.embedded_paths import (
    MAJOR,
    EmbeddedError,
    Place,
    folder_of,
    make_writable,
    new_socket_folder,
    settle,
)

__all__ = ["EmbeddedError", "EmbeddedServer", "make_writable", "reach", "running_url", "start"]

LOG_FILE = "postgres.log"
LOG_LIMIT = 5_000_000
PATIENCE_WITH_RECOVERY = 600.0
STOP_STEPS = [(signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0)]
# The program connects as `lab`, which owns its database and nothing else.
FIRST_STATEMENTS = "CREATE ROLE lab LOGIN CREATEDB;\nCREATE DATABASE lab OWNER lab;\n"
SETTINGS = {
    "cluster_name": embedded_lock.MARK,
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "jit": "off",  # its compile time exceeds what these queries take
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    # What people write stays out of the log: neither statements nor the values in an error's detail.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
VOLATILE_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedServer:
    """A running server; `stop()` or leaving the `with` block ends it."""

    def __init__(self, place: Place, lock: int, durable: bool) -> None:
        self._place = place
        self._lock = lock
        self._durable = durable
        self._socket_folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @property
    def url(self) -> str:
        """The address for SQLAlchemy; it stays the same when the server is revived."""
        return _url(str(self._socket_folder))

    @property
    def notice(self) -> str:
        """One line the operator should read (data kept elsewhere), or nothing."""
        return self._place.notice

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Disconnects everybody, stops the server and frees the folder; doing it twice is harmless."""
        if self._process is not None:
            children.end(self._process, STOP_STEPS)
        if self._socket_folder is not None:
            shutil.rmtree(self._socket_folder, ignore_errors=True)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def revive(self) -> None:
        """Starts the server again after it died, at the same address."""
        embedded_lock.wait_for_leftovers(self._place.cluster)
        self._launch()

    def boot(self) -> None:
        """Clears what a crash left, makes the cluster when there is none, and serves."""
        embedded_lock.wait_for_leftovers(self._place.cluster)
        embedded_lock.remove_old_socket_folder(self._place.folder)
        self._socket_folder = new_socket_folder(self._place)
        embedded_lock.write_note(self._lock, self._socket_folder)
        if not self._place.cluster.exists():
            _create_cluster(self._place)
        _refuse_other_version(self._place.cluster)
        self._launch()

    def _launch(self) -> None:
        # With the lock held and nobody at work here, a pid file can only name a dead or a foreign process.
        (self._place.cluster / "postmaster.pid").unlink(missing_ok=True)
        for leftover in Path(str(self._socket_folder)).glob(".s.PGSQL.*"):
            leftover.unlink()
        settings = SETTINGS if self._durable else SETTINGS | VOLATILE_SETTINGS
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = ["-D", str(self._place.cluster), "-k", str(self._socket_folder), *options]
        with _log_of(self._place).open("ab") as log:
            self._log_start = log.tell()
            self._process = _popen(self._place, "postgres", command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + PATIENCE_WITH_RECOVERY
        while not self._says_ready():
            if not self.alive or time.monotonic() > deadline:
                raise EmbeddedError(f"the embedded database did not start: {self._last_words()}")
            time.sleep(0.01)
        if not _answers(str(self._socket_folder)):
            raise EmbeddedError(f"the embedded database refuses us: {self._last_words()}")

    def _last_words(self) -> str:
        return _last_words(self._place.folder, self._log_start)

    def _says_ready(self) -> bool:
        """The server's own word: asking by connecting would fill its log while it recovers."""
        try:
            return (self._place.cluster / "postmaster.pid").read_text().splitlines()[7].strip() == "ready"
        except (OSError, IndexError):
            return False


def start(data_folder: Path, *, durable: bool = True) -> EmbeddedServer:
    """Starts the database of this folder, from the main thread, and returns when it answers.

    `durable=False` gives up crash safety for speed: for tests only. Refuses with `EmbeddedError` (one line):
    a folder in use, too long, not writable, of another version, or a machine without a packaged server.
    """
    place = settle(data_folder)
    server = EmbeddedServer(place, embedded_lock.take(place), durable)
    try:
        server.boot()
    except BaseException as error:
        server.stop()
        if isinstance(error, OSError):
            raise EmbeddedError(f"the embedded database did not start: {error}") from error
        raise
    return server


def running_url(data_folder: Path) -> str | None:
    """The address of the server another process runs for this folder, if it answers."""
    socket_folder = embedded_lock.noted_socket_folder(folder_of(data_folder))
    return _url(socket_folder) if socket_folder and _answers(socket_folder) else None


@contextmanager
def reach(data_folder: Path) -> Iterator[str]:
    """The address of the folder's database: the running server's, or one started for this block."""
    if url := running_url(data_folder):
        yield url
        return
    with start(data_folder) as server:
        yield server.url


def _url(socket_folder: str) -> str:
    return f"postgresql+psycopg2://lab@/lab?host={quote(socket_folder, safe='/')}"


def _answers(socket_folder: str) -> bool:
    try:
        psycopg2.connect(host=socket_folder, user="lab", dbname="lab", connect_timeout=5).close()
    except psycopg2.OperationalError:
        return False
    return True


def _create_cluster(place: Place) -> None:
    """Makes the cluster under another name first: an interrupted attempt is never taken for a cluster."""
    draft = place.folder / f"{MAJOR}.new"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    place.hand_over(draft)
    options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"]
    builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    _run(place, "initdb", ["-D", str(draft), *options, *builtin, "--no-instructions"])
    _run(place, "postgres", ["--single", "-D", str(draft), "postgres"], FIRST_STATEMENTS)
    draft.rename(place.cluster)


def _run(place: Place, program: str, arguments: list[str], text: str = "") -> None:
    process = _popen(place, program, arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        said, _ = process.communicate(text.encode())
    finally:
        children.end(process, [])
    if process.returncode != 0 or b"ERROR:" in said:
        lines = said.decode(errors="replace").strip().splitlines() or [f"ended with {process.returncode}"]
        raise EmbeddedError(f"{program} could not make the database: {lines[-1]}")


def _popen(place: Place, program: str, arguments: list[str], **options: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 — fixed program, no shell
        [str(place.programs / "bin" / program), *arguments],
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        start_new_session=True,  # Ctrl-C reaches the parent alone, which stops things in order
        preexec_fn=children.leash(signal.SIGINT),
        **place.popen,
        **options,
    )


def _refuse_other_version(cluster: Path) -> None:
    found = (cluster / "PG_VERSION").read_text().strip()
    if found != MAJOR:
        raise EmbeddedError(f"{cluster} holds data of PostgreSQL {found}, not {MAJOR}: set LAB_DATA to another folder")


def _log_of(place: Place) -> Path:
    log = place.folder / LOG_FILE
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.replace(log.with_suffix(".log.1"))
    log.touch()
    place.hand_over(log)
    return log


def _last_words(folder: Path, log_start: int) -> str:
    """Why the server ended, from what it wrote since this launch."""
    said = (folder / LOG_FILE).read_bytes()[log_start:].decode(errors="replace")
    lines = said.strip().splitlines()
    telling = [line for line in lines if "FATAL" in line or "PANIC" in line]
    return (telling or lines or ["it said nothing"])[-1]
