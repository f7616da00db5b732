"""The log of the program as it serves: what a library writes is a line like ours."""

import json
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.core import logs
from tests.servers import wait_until

ROOT = Path(__file__).resolve().parents[2]
REQUEST = b"GET /account?name=Ana\x1b[31m Mamani HTTP/1.1\r\n\r\n"


@contextmanager
def pages(port: int, **settings: str) -> Iterator["subprocess.Popen[str]"]:
    """The pages alone, as `lab serve` runs them; the log is read from `stderr`."""
    command = [sys.executable, "-m", "lab.cli", "serve", "--only", "pages"]
    environment = dict(os.environ) | settings | {"PORT": str(port)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as process:
        wait_until(lambda: answers(port))
        yield process
        process.terminate()


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_line_of_the_server_is_one_object_without_what_was_asked_for(database_url, data_folder, free_port):
    with pages(free_port, DATABASE_URL=database_url, LAB_DATA=str(data_folder), SECRET_KEY="s") as process:
        with socket.create_connection(("127.0.0.1", free_port), timeout=10) as visitor:
            visitor.sendall(REQUEST)
            assert b"400" in visitor.recv(4000)
        process.terminate()
        lines = process.stderr.read().splitlines()
    (line,) = map(json.loads, lines)
    assert line["level"] == "warning"
    assert "Ana" not in line["event"]
    assert "Mamani" not in line["event"]


def test_trace_of_a_library_stays_on_its_line(capsys):
    library = logging.Logger("library")
    logs.take_over(library)
    try:
        raise ZeroDivisionError("uno\ndos")
    except ZeroDivisionError:
        library.exception("Error handling request %s %s", "GET", "/x?name=Ana\nMamani")
    (line,) = capsys.readouterr().err.splitlines()
    assert "Traceback" in json.loads(line)["exception"]
