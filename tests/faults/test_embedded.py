"""The embedded database against real processes: crashes, strangers, odd folders, other users."""

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg2
import pytest

from lab.core import embedded, embedded_lock, embedded_paths
from lab.core.embedded import EmbeddedError

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can lend PostgreSQL another user")


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder every user can reach: pytest's own are closed to others."""
    path = Path(tempfile.mkdtemp(prefix="lab-test-"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path)


@pytest.fixture
def empty() -> Iterator[Path]:
    """A data folder before its first start."""
    with open_folder() as path:
        yield path


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    with open_folder() as path:
        embedded.start(path, durable=False).stop()
        yield path / embedded_paths.MAJOR


@pytest.fixture
def folder(made: Path, empty: Path) -> Path:
    """A data folder with a stopped database: copied, because making one takes most of a test's time."""
    subprocess.run(["cp", "-a", str(made), str(empty)], check=True)
    return empty


def ask(url: str, statement: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(url.replace("+psycopg2", ""))
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def at_work_in(data: Path) -> list[psutil.Process]:
    return embedded_lock._at_work_in(data / embedded_paths.MAJOR)


@contextmanager
def starter(data: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "tests.faults.starter", str(data)]
    with subprocess.Popen(command, cwd=ROOT, stdin=-1, stdout=-1, text=True) as process:
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.stdin.close()
            process.wait(PATIENCE)


@contextmanager
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "1000"]) as process:
        try:
            yield process
        finally:
            process.kill()


def refusal_of(action: Callable[[], object]) -> str:
    with pytest.raises(EmbeddedError) as caught:
        action()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_start_serves_unicode_and_stop_leaves_nothing(empty: Path) -> None:
    with embedded.start(empty) as server:
        assert ask(server.url, "SELECT lower('ÑANDÚ'), current_user") == [("ñandú", "lab")]
        sockets = Path(embedded_lock.noted_socket_folder(empty))
        assert sockets.stat().st_mode & 0o077 == 0
    assert not at_work_in(empty)
    assert not sockets.exists()
    server.stop()


def test_the_default_is_durable_and_the_program_is_no_superuser(folder: Path) -> None:
    with embedded.start(folder) as server:
        assert ask(server.url, "SHOW fsync") == ask(server.url, "SHOW synchronous_commit") == [("on",)]
        assert ask(server.url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == [(False,)]


def test_second_start_finds_what_the_first_stored(folder: Path) -> None:
    with embedded.start(folder, durable=False) as server:
        ask(server.url, "CREATE TABLE kept AS SELECT 7 AS n")
    with embedded.start(folder, durable=False) as server:
        assert ask(server.url, "SELECT n FROM kept") == [(7,)]


def test_second_starter_is_refused_naming_the_first(folder: Path) -> None:
    with starter(folder) as (first, url):
        refusal = refusal_of(lambda: embedded.start(folder))
        assert f"process {first.pid}" in refusal
        assert ask(url, "SELECT 1") == [(1,)]


def test_other_commands_reach_the_running_server(folder: Path) -> None:
    assert embedded.running_url(folder) is None
    with starter(folder) as (_, url), embedded.reach(folder) as reached:
        assert reached == url == embedded.running_url(folder)


def test_reach_starts_the_server_when_nobody_else_did(empty: Path) -> None:
    with embedded.reach(empty) as url:
        assert ask(url, "SELECT 1") == [(1,)]
    assert not at_work_in(empty)


def test_starter_killed_takes_the_server_along_and_a_new_start_recovers(folder: Path) -> None:
    with starter(folder) as (process, url):
        ask(url, "CREATE TABLE kept AS SELECT 7 AS n")
        left = at_work_in(folder)
        process.kill()
        _, alive = psutil.wait_procs(left, timeout=PATIENCE)
        assert not alive
    with embedded.start(folder, durable=False) as server:
        assert ask(server.url, "SELECT n FROM kept") == [(7,)]


def test_a_new_start_at_once_waits_for_the_old_server(folder: Path) -> None:
    with starter(folder) as (process, url):
        ask(url, "CREATE TABLE kept AS SELECT 7 AS n")
        process.kill()
        process.wait()
        with embedded.start(folder, durable=False) as server:
            assert ask(server.url, "SELECT n FROM kept") == [(7,)]


def test_starter_and_server_killed_leave_a_folder_that_starts(folder: Path) -> None:
    with starter(folder) as (process, url):
        ask(url, "CREATE TABLE kept AS SELECT 7 AS n")
        old_sockets = Path(embedded_lock.noted_socket_folder(folder))
        os.kill(process.pid, signal.SIGSTOP)
        for worker in at_work_in(folder):
            worker.kill()
        process.kill()
    assert (folder / embedded_paths.MAJOR / "postmaster.pid").exists()
    with embedded.start(folder, durable=False) as server:
        assert ask(server.url, "SELECT n FROM kept") == [(7,)]
        assert not old_sockets.exists()


def test_stale_pid_of_a_stranger_neither_blocks_nor_harms(folder: Path) -> None:
    with embedded.start(folder, durable=False):
        note = (folder / embedded_paths.MAJOR / "postmaster.pid").read_text().splitlines()
    with stranger() as innocent:
        stale = "\n".join([str(innocent.pid), *note[1:]])
        (folder / embedded_paths.MAJOR / "postmaster.pid").write_text(stale)
        with embedded.start(folder, durable=False) as server:
            assert ask(server.url, "SELECT 1") == [(1,)]
        assert innocent.poll() is None


def test_server_started_by_hand_in_the_folder_is_left_alone(folder: Path) -> None:
    embedded.start(folder, durable=False).stop()
    place = embedded_paths.settle(folder)
    options = ["-D", str(place.cluster), "-k", str(place.cluster), "-c", "listen_addresses="]
    by_hand = embedded._popen(place, "postgres", options, stderr=subprocess.PIPE)
    try:
        any("ready to accept" in line.decode() for line in by_hand.stderr)
        assert f"process {by_hand.pid}" in refusal_of(lambda: embedded.start(folder))
        assert by_hand.poll() is None
    finally:
        by_hand.send_signal(signal.SIGINT)
        by_hand.communicate()


def test_revived_server_answers_at_the_same_address(folder: Path) -> None:
    with embedded.start(folder, durable=False) as server:
        url = server.url
        server._process.kill()
        server._process.wait()
        assert not server.alive
        server.revive()
        assert ask(url, "SELECT 1") == [(1,)]


@pytest.mark.parametrize(
    "name",
    ["with spaces and, commas", "año ñandú 'quote' \"double\" %20", "x" * 200],
    ids=["spaces", "unicode", "200"],
)
def test_odd_folder_names_work(empty: Path, name: str) -> None:
    with embedded.start(empty / name, durable=False) as server:
        assert ask(server.url, "SELECT 1") == [(1,)]


@pytest.mark.parametrize("name", ["y" * 300, "/".join(["z" * 100] * 10)], ids=["one name", "whole path"])
def test_over_long_folder_is_refused(empty: Path, name: str) -> None:
    assert "LAB_DATA" in refusal_of(lambda: embedded.start(empty / name))


def test_folder_that_cannot_be_made_is_refused(empty: Path) -> None:
    (empty / "file").write_text("")
    assert "cannot write" in refusal_of(lambda: embedded.start(empty / "file" / "data"))


def test_cluster_of_another_version_is_refused(empty: Path) -> None:
    cluster = empty / embedded_paths.MAJOR
    cluster.mkdir()
    (cluster / "PG_VERSION").write_text("17\n")
    assert "PostgreSQL 17" in refusal_of(lambda: embedded.start(empty))


def test_damaged_cluster_is_refused_with_the_servers_own_word(folder: Path) -> None:
    embedded.start(folder, durable=False).stop()
    (folder / embedded_paths.MAJOR / "global" / "pg_control").unlink()
    assert "pg_control" in refusal_of(lambda: embedded.start(folder))
    assert not at_work_in(folder)


def test_interrupted_creation_is_begun_anew(empty: Path) -> None:
    (empty / f"{embedded_paths.MAJOR}.new").mkdir()
    (empty / f"{embedded_paths.MAJOR}.new" / "half").write_text("")
    with embedded.start(empty, durable=False) as server:
        assert ask(server.url, "SELECT 1") == [(1,)]


def test_machine_without_programs_is_told_what_to_set(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_paths, "PACKAGE", "no_such_package")
    assert "set DATABASE_URL" in refusal_of(lambda: embedded.start(empty))


def test_large_log_is_put_aside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "LOG_LIMIT", 10)
    (folder / "postgres.log").write_text("an old and long log")
    embedded.start(folder, durable=False).stop()
    assert (folder / "postgres.log.1").read_text() == "an old and long log"


@as_root
def test_ordinary_user_starts_and_is_refused_what_is_not_theirs(empty: Path) -> None:
    own = empty / "own"
    own.mkdir()
    os.chown(own, 1, 1)
    assert as_user(1, lambda: ask_started(own)) == "[(1,)]"
    assert "cannot write" in as_user(1, lambda: refusal_of(lambda: embedded.start(empty / "closed")))
    own.chmod(0o777)
    assert "another user" in as_user(2, lambda: refusal_of(lambda: embedded.start(own)))


@as_root
def test_root_takes_turns_with_the_owner_of_the_folder(empty: Path) -> None:
    own = empty / "own"
    own.mkdir()
    os.chown(own, 1, 1)
    assert ask_started(own) == "[(1,)]"
    assert as_user(1, lambda: ask_started(own)) == "[(1,)]"


@as_root
def test_root_in_a_closed_folder_keeps_the_data_elsewhere(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_paths, "OPEN_FOLDER", empty / "open")
    closed = empty / "closed"
    closed.mkdir(mode=0o700)
    with embedded.start(closed / "var", durable=False) as server:
        ask(server.url, "CREATE TABLE kept AS SELECT 7 AS n")
        assert str(empty / "open") in server.notice
        assert embedded.running_url(closed / "var") == server.url
    assert closed.stat().st_mode & 0o777 == 0o700
    closed.rename(empty / "renamed")
    with embedded.start(empty / "renamed" / "var", durable=False) as server:
        assert ask(server.url, "SELECT n FROM kept") == [(7,)]


@as_root
def test_root_with_closed_programs_runs_an_open_copy(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_paths, "OPEN_FOLDER", folder / "open")
    closed = closed_programs(folder / "installed")
    monkeypatch.setattr(embedded_paths, "packaged_programs", lambda: closed)
    for _ in range(2):
        assert ask_started(folder / "var") == "[(1,)]"
    assert [path.name.split("-")[0] for path in (folder / "open").iterdir()] == ["postgresql"]


def closed_programs(folder: Path) -> Path:
    programs = embedded_paths.packaged_programs()
    shutil.copytree(programs, folder / embedded_paths.PACKAGE / programs.name, symlinks=True)
    libraries = programs.parents[1] / f"{embedded_paths.PACKAGE}.libs"
    shutil.copytree(libraries, folder / libraries.name)
    folder.chmod(0o700)
    return folder / embedded_paths.PACKAGE / programs.name


def ask_started(data: Path) -> str:
    with embedded.start(data, durable=False) as server:
        return str(ask(server.url, "SELECT 1"))


def as_user(uid: int, action: Callable[[], str]) -> str:
    """Runs the action in a fork that gave up root; a fork, because that user may not reach our interpreter."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_as_user, args=(uid, action, sender))
    process.start()
    sender.close()
    answer = receiver.recv()
    process.join()
    return answer


def _as_user(uid: int, action: Callable[[], str], sender) -> None:
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
    try:
        sender.send(action())
    except BaseException as error:
        sender.send(f"{type(error).__name__}: {error}")
