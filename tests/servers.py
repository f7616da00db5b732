"""Real servers for tests: started on a free port of this machine, ended by their own process."""

import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic, sleep

import redis as redis_client

PATIENCE = 30.0
GLANCE = 0.02  # seconds between two looks at a condition


@contextmanager
def redis() -> Iterator[str]:
    """A Redis that keeps nothing on disk; yields its address when it answers."""
    port = unused_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen([*command, "--dir", folder], stdout=subprocess.DEVNULL)
        try:
            with redis_client.Redis(port=port) as connection:
                wait_until(lambda: _answers(connection))
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.terminate()
            process.wait(PATIENCE)


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Waits for a condition, never for a time; refuses (`TimeoutError`) after `patience` seconds."""
    deadline = monotonic() + patience
    while not condition():
        if monotonic() > deadline:
            raise TimeoutError("what the test waited for did not come")
        sleep(GLANCE)


def _answers(connection: "redis_client.Redis") -> bool:
    try:
        return bool(connection.ping())
    except redis_client.ConnectionError:
        return False
