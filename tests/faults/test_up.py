"""`lab up` as an operator meets it: one address, one line for each refusal, nothing left behind."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from lab.core import supervisor
from lab.core.embedded import EmbeddedError
from lab.core.supervisor import Database, Kept, Role, StartError, Stopped
from tests.servers import wait_until

ROOT = Path(__file__).resolve().parents[2]
LAB = [sys.executable, "-m", "lab.cli"]
PATIENCE = 60
DEAD_DATABASE = "postgresql://lab:hidden-word@127.0.0.1:1/lab"


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """One data folder for all: its first start is the only slow one."""
    path = Path(tempfile.mkdtemp(prefix="lab-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def environment(data: Path, **changes: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "PUBLIC_URL", "PORT")}
    return kept | {"LAB_DATA": str(data)} | changes


def run(*arguments: str, data: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    command = [*LAB, *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment(data, **changes), capture_output=True, text=True, timeout=PATIENCE
    )


@contextmanager
def lab_up(data: Path, port: int = 0) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [*LAB, "up", "--no-demo", "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, env=environment(data), stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process, process.stdout.readline().strip().partition(": ")[2]
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE)


def family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def child(process: subprocess.Popen[str], word: str) -> psutil.Process:
    return next(each for each in psutil.Process(process.pid).children() if word in " ".join(each.cmdline()))


def status(address: str, page: str = "/healthz") -> int:
    return httpx.get(address + page, timeout=10).status_code


def answers(address: str, page: str = "/healthz") -> bool:
    """Whether it does by now: a worker whose parent was killed takes requests until it notices, and drops the last."""
    try:
        return status(address, page) == 200
    except httpx.TransportError:
        return False


def refused(answer: subprocess.CompletedProcess[str]) -> str:
    assert answer.returncode != 0
    assert answer.stdout == ""
    lines = answer.stderr.splitlines()
    assert len(lines) == 1, answer.stderr
    return lines[0]


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_up_prints_one_address_and_a_signal_stops_everything(data: Path, ending: signal.Signals) -> None:
    with lab_up(data) as (process, address):
        assert status(address) == 200
        everybody = family(process)
        process.send_signal(ending)
        assert process.stdout.read() == ""
        assert process.wait(PATIENCE) == 0
        assert not [each for each in everybody if each.is_running()]


def test_up_killed_leaves_no_orphan_and_starts_again_on_its_port(data: Path) -> None:
    with lab_up(data) as (process, address):
        everybody = family(process)
        process.kill()
        process.wait()
        with lab_up(data, port=int(address.rpartition(":")[2])) as (_, again):
            assert again == address
            assert status(again) == 200
        _, alive = psutil.wait_procs(everybody, timeout=PATIENCE)
        assert not alive


def test_killed_children_and_database_come_back_at_the_same_address(data: Path) -> None:
    with lab_up(data) as (process, address):
        for word in ("serve --only worker", "gunicorn", "postgres"):
            victim = child(process, word)
            victim.kill()
            wait_until(
                lambda killed=victim: not killed.is_running() or killed.status() == psutil.STATUS_ZOMBIE, PATIENCE
            )
            wait_until(lambda name=word, old=victim.pid: came_back(process, name, old), PATIENCE)
        # The first request after the database's death finds its old connection broken: 503, then all is well.
        wait_until(lambda: answers(address), PATIENCE)
        wait_until(lambda: answers(address, "/readyz"), PATIENCE)


def came_back(process: subprocess.Popen[str], word: str, old: int) -> bool:
    try:
        return child(process, word).pid != old
    except (StopIteration, psutil.NoSuchProcess):
        return False


def test_other_commands_meet_a_running_lab_up(data: Path) -> None:
    with lab_up(data) as (process, _):
        answer = run("check", data=data)
        assert answer.returncode == 0, answer.stdout
        assert "migrations are complete" in answer.stdout
        assert f"process {process.pid}" in refused(run("up", "--port", "0", data=data))


def test_check_starts_a_stopped_database_and_says_what_is_missing(data: Path) -> None:
    answer = run("check", data=data, REDIS_URL="redis://127.0.0.1:1/0")
    assert answer.returncode == 1
    assert "database: ok, embedded" in answer.stdout
    assert "redis: NOT OK" in answer.stdout


def test_check_of_a_fresh_folder_makes_no_database(tmp_path: Path) -> None:
    answer = run("check", data=tmp_path / "var")
    assert answer.returncode == 0
    assert "will be made by lab up" in answer.stdout
    assert not list((tmp_path / "var").iterdir())


def test_busy_port_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert f"port {port}" in refused(run("up", "--port", port, data=tmp_path / "var"))
    assert not (tmp_path / "var").exists()


def test_unreachable_database_is_refused_without_its_password(tmp_path: Path) -> None:
    for command in (("up", "--port", "0"), ("check",)):
        answer = run(*command, data=tmp_path, DATABASE_URL=DEAD_DATABASE)
        assert answer.returncode == 1
        assert "does not answer" in answer.stdout + answer.stderr
        assert "hidden-word" not in answer.stdout + answer.stderr
    assert len(answer.stderr.splitlines()) == 0


@pytest.mark.parametrize("url", ["nonsense", "mysql://a@b/c", "postgresql://h:no-port/x"])
def test_database_address_of_another_kind_is_refused(tmp_path: Path, url: str) -> None:
    assert "DATABASE_URL" in refused(run("up", "--port", "0", data=tmp_path, DATABASE_URL=url))


@pytest.mark.parametrize("name", ["x" * 300, "/".join(["y" * 90] * 10), "file/below"])
def test_unusable_data_folder_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    assert "LAB_DATA" in refused(run("up", "--port", "0", data=tmp_path / name))


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "70000"), ("PORT", "word"), ("LANGUAGES", "xx"), ("LAB_ENV", "production")]
)
def test_wrong_setting_is_refused_by_name(tmp_path: Path, name: str, value: str) -> None:
    assert name in refused(run("up", data=tmp_path, **{name: value}))


def test_role_alone_without_a_database_is_refused(tmp_path: Path) -> None:
    for role in ("pages", "worker"):
        assert "DATABASE_URL" in refused(run("serve", "--only", role, data=tmp_path))


def test_web_that_does_not_come_up_ends_the_start() -> None:
    settings = supervisor.Settings.from_environment({"PORT": "1"})
    web = role([sys.executable, "-c", "raise SystemExit(3)"])
    web.start()
    with pytest.raises(StartError, match="did not start"):
        supervisor._wait_until_served(settings, web)


def test_child_that_keeps_dying_is_started_later_and_later(capsys: pytest.CaptureFixture[str]) -> None:
    dying = role([sys.executable, "-c", "raise SystemExit(3)"])
    pauses = []
    while len(pauses) < 3:
        dying.sleeping_until = 0.0
        dying.start()
        dying.process.wait(PATIENCE)
        dying.sleeping_until = float("inf")
        dying.keep_alive()
        pauses.append(dying.pause)
    assert pauses == sorted(set(pauses))
    assert capsys.readouterr().err.count("ended unexpectedly (3)") == 3


class Broken:
    """A database that comes back at its third start."""

    def __init__(self) -> None:
        self.alive = False
        self.starts: list[float] = []

    def revive(self) -> None:
        self.starts.append(time.monotonic())
        if len(self.starts) < 3:
            raise EmbeddedError("no space left on device")
        self.alive = True


class Ending(Kept):
    """Ends the watch once the database is back."""

    def __init__(self, server: Broken) -> None:
        super().__init__()
        self._server = server

    def keep_alive(self) -> None:
        if self._server.alive:
            raise Stopped


def test_database_that_does_not_start_is_tried_again_later_and_later(capsys: pytest.CaptureFixture[str]) -> None:
    server = Broken()
    with pytest.raises(Stopped):
        supervisor._watch([Database(server), Ending(server)])
    first, second, third = server.starts
    assert third - second > second - first
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("lab up: the database ended unexpectedly")
    assert [line.startswith("lab up: no space left on device; trying again in ") for line in said[1:]] == [True, True]


def role(command: list[str]) -> Role:
    return Role("web", command, dict(os.environ), signal.SIGTERM, 5)
