"""Both programs as processes of their own, each one gunicorn worker of the class that production uses."""

import http.client
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from bench import load
from config import Settings, environment_with
from lab.core import children, serving

ROOT = Path(__file__).resolve().parents[1]
HOST = "127.0.0.1"
OURS = "wsgi:app"
FLOOR = "bench.floor_wsgi:app"
PATIENCE = 60.0


@contextmanager
def served(settings: Settings, program: str) -> Iterator[load.Address]:
    """The program's address, while the block runs."""
    port = unused_port()
    command = [*serving.command("--workers", "1", "--bind", f"{HOST}:{port}")[:-1], program]
    process = subprocess.Popen(command, cwd=ROOT, env=_environment(settings, port), start_new_session=True)
    try:
        _wait_until_served((HOST, port), process)
        yield HOST, port
    finally:
        children.end(process, [(signal.SIGTERM, serving.graceful_timeout)])


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _environment(settings: Settings, port: int) -> dict[str, str]:
    """One proxy is believed, so that each simulated person has an address, and rate limits count as always."""
    return environment_with(
        PORT=str(port),
        LAB_DATA=str(settings.data_folder),
        DATABASE_URL=settings.database_url,
        SECRET_KEY=settings.secret_key,
        PROXY_HOPS="1",
    )


def _wait_until_served(address: load.Address, process: "subprocess.Popen[bytes]") -> None:
    deadline = monotonic() + PATIENCE
    while not _healthy(address):
        if process.poll() is not None or monotonic() > deadline:
            raise RuntimeError(f"{process.args!r} does not serve")
        sleep(0.05)


def _healthy(address: load.Address) -> bool:
    connection = http.client.HTTPConnection(*address, timeout=PATIENCE)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()
