"""Who may start the embedded PostgreSQL of a folder, and what an earlier starter left in it."""

import fcntl
import json
import os
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import psutil

from lab.core.embedded_paths import SOCKET_PREFIX, EmbeddedError, Place

LOCK_FILE = "postgres.lock"
MARK = "lab-abierto"
PATIENCE = 60.0


def take(place: Place) -> int:
    """The descriptor of the folder's lock, held until it is closed or its holder ends, however it ends.

    Refuses with `EmbeddedError` when another process holds it, naming that process.
    """
    path = place.folder / LOCK_FILE
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        place.hand_over(path)
    except OSError as error:
        raise EmbeddedError(f"cannot open {path}: {error.strerror}; set LAB_DATA to another folder") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        holder = _note(path).get("pid", "unknown")
        raise EmbeddedError(f"the data folder {place.folder} is in use by another lab up (process {holder})") from error
    return lock


def write_note(lock: int, socket_folder: Path) -> None:
    """Tells other commands where the server listens, and the next start what to clear."""
    os.ftruncate(lock, 0)
    os.pwrite(lock, json.dumps({"pid": os.getpid(), "socket": str(socket_folder)}).encode(), 0)


def noted_socket_folder(folder: Path) -> str:
    """Where the last server of this folder listened; empty when there was none."""
    return str(_note(folder / LOCK_FILE).get("socket", ""))


def remove_old_socket_folder(folder: Path) -> None:
    """Removes the socket folder a killed starter left; call it with the lock held."""
    old = Path(noted_socket_folder(folder))
    if old.name.startswith(SOCKET_PREFIX) and not old.is_symlink():
        shutil.rmtree(old, ignore_errors=True)


def wait_for_leftovers(cluster: Path) -> None:
    """Waits until no PostgreSQL works in the folder; asks only a server of our own to end.

    Without this, removing the pid file could let two servers write to the same files.
    """
    deadline = time.monotonic() + PATIENCE
    asked: set[int] = set()
    while workers := _at_work_in(cluster):
        for worker in workers:
            if worker.pid not in asked and not _ask_to_end(worker):
                raise EmbeddedError(f"process {worker.pid} is a PostgreSQL at work in {cluster}: stop it first")
            asked.add(worker.pid)
        if time.monotonic() > deadline:
            raise EmbeddedError(f"the earlier database (process {workers[0].pid}) in {cluster} does not end")
        time.sleep(0.02)


def _note(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text()))
    except (OSError, ValueError):
        return {}


def _at_work_in(cluster: Path) -> list[psutil.Process]:
    real = os.path.realpath(cluster)
    found = psutil.process_iter(["name", "cwd"])
    return [process for process in found if process.info["name"] == "postgres" and process.info["cwd"] == real]


def _ask_to_end(process: psutil.Process) -> bool:
    """False when it is not ours: a server started by hand, for a repair say, is left alone."""
    try:
        if not any(MARK in part for part in process.cmdline()):
            return False
        process.send_signal(signal.SIGINT)
    except psutil.NoSuchProcess:
        pass  # it has just ended by itself
    return True
