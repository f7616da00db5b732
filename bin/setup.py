"""Brings a clone to the point where it runs: `python3 bin/setup.py run|dev|tools|lock`.

Only the standard library, because nothing else is there yet. A step leaves a stamp in `.venv` made of the
contents it depends on, and is skipped while they stay the same and what it made is still there.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
BIN = VENV / "bin"
STAMPS = VENV / "stamps"
OLDEST_PYTHON = (3, 11)
OLDEST_NODE = 18
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class SetupError(Exception):
    """Set-up cannot go on; the text says in one line what to do."""


@dataclass(frozen=True)
class Step:
    """Something to do once for given contents."""

    name: str
    action: Callable[[], None]
    inputs: tuple[str, ...]
    makes: str = ".venv"

    def run(self) -> None:
        stamp = STAMPS / self.name
        wanted = digest_of(self.inputs)
        if (ROOT / self.makes).exists() and stamp.exists() and stamp.read_text() == wanted:
            return
        sys.stderr.write(f"set-up: {self.name}\n")
        self.action()
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.write_text(wanted)


def digest_of(patterns: tuple[str, ...]) -> str:
    """One hash over interpreter, place of the folder, and the files named by the patterns."""
    digest = hashlib.sha256(f"{sys.version}\n{ROOT}\n".encode())
    for path in files_of(patterns):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def files_of(patterns: tuple[str, ...]) -> Iterator[Path]:
    for pattern in patterns:
        yield from sorted(path for path in ROOT.glob(pattern) if path.is_file() and "built" not in path.parts)


def call(*command: str, **environment: str) -> None:
    """Runs a command in the project's folder; its failure ends set-up."""
    env = dict(os.environ) | environment
    done = subprocess.run(command, cwd=ROOT, env=env, stdout=sys.stderr, check=False)  # noqa: S603 — our commands
    if done.returncode != 0:
        raise SetupError(f"failed: {' '.join(command)}")


def pip(*arguments: str) -> None:
    call(str(BIN / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments)


def make_venv() -> None:
    if os.pathsep in str(ROOT):
        raise SetupError(f"the folder's path holds {os.pathsep!r}, which Python environments cannot stand: rename it")
    command = (sys.executable, "-m", "venv", "--clear", str(VENV))
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 — our command
    if done.returncode == 0:
        return
    # Debian and Ubuntu ship the module in a package of its own.
    install_packages("python3-venv")
    call(*command)


def install_program() -> None:
    pip("install", "--no-deps", "--no-build-isolation", "--editable", str(ROOT))


def install_icons() -> None:
    cache = VENV / "npm"  # HOME may be empty or read-only
    options = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", f"--cache={cache}")
    call(*npm(), "ci", *options, npm_config_update_notifier="false")


def npm() -> tuple[str, ...]:
    """The machine's npm when its Node is recent enough, else the one of a Python package."""
    node = shutil.which("node")
    if shutil.which("npm") and node and node_version(node) >= OLDEST_NODE:
        return ("npm",)
    pip("install", "--require-hashes", "--requirement", "requirements-node.txt")
    return (str(BIN / "npm"),)


def node_version(node: str) -> int:
    command = (node, "--version")
    answer = subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603 — our command
    major = answer.strip().lstrip("v").partition(".")[0]
    return int(major) if major.isdigit() else 0


def install_packages(*names: str) -> None:
    """Asks the system's package manager, where we may."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise SetupError(f"please install {' '.join(names)} with this machine's package manager")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    call("apt-get", "update", "-qq", **quiet)
    call("apt-get", "install", "-qq", "--yes", "--no-install-recommends", *names, **quiet)


def ensure_tools() -> None:
    """Browser and Redis for the tests: installed where we may; absent, a failure in CI and a notice elsewhere."""
    for package, programs in (("chromium", BROWSERS), ("redis-server", ("redis-server",))):
        if any(shutil.which(program) for program in programs):
            continue
        try:
            install_packages(package)
        except SetupError as error:
            if os.environ.get("CI") == "true":
                raise
            sys.stderr.write(f"set-up: {error}; tests that need it will be skipped\n")


def lock() -> None:
    """Locks every dependency with hashes and without the address of any package index."""
    prepare(RUN[:1])
    pip("install", "uv")
    for name in ("requirements", "requirements-dev", "requirements-node"):
        options = ("--universal", "--generate-hashes", "--no-header", "--python-version", "3.11", "--upgrade")
        call(str(BIN / "uv"), "pip", "compile", "--quiet", *options, f"{name}.in", "--output-file", f"{name}.txt")
    unresolved = ("--package-lock-only", "--ignore-scripts", "--omit-lockfile-registry-resolved=true")
    call(*npm(), "update", *unresolved, f"--cache={VENV / 'npm'}")


def prepare(steps: list[Step]) -> None:
    for step in steps:
        step.run()


RUN = [
    Step("environment", make_venv, (), ".venv/bin/python"),
    Step("packages", lambda: pip("install", "--require-hashes", "-r", "requirements.txt"), ("requirements.txt",)),
    Step("program", install_program, ("pyproject.toml", "requirements.in"), ".venv/bin/lab"),
    Step("icons", install_icons, ("package*.json",), "node_modules/lucide-static"),
    Step(
        "assets",
        lambda: call(str(BIN / "lab"), "assets", "build"),
        ("static/**/*", "lab/core/assets.py", "package-lock.json"),
        "static/built",
    ),
    Step("catalogues", lambda: call(str(BIN / "lab"), "i18n", "compile"), ("translations/**/*.po",)),
]
DEV = [
    *RUN,
    Step(
        "test packages",
        lambda: pip("install", "--require-hashes", "-r", "requirements-dev.txt"),
        ("requirements.txt", "requirements-dev.txt"),
    ),
]
TASKS: dict[str, Callable[[], None]] = {
    "run": lambda: prepare(RUN),
    "dev": lambda: prepare(DEV),
    "tools": ensure_tools,
    "lock": lock,
}


def main() -> int:
    task = TASKS.get(sys.argv[1] if len(sys.argv) == 2 else "")
    try:
        if task is None:
            raise SetupError(f"say one of {', '.join(TASKS)}")
        if sys.version_info < OLDEST_PYTHON:
            raise SetupError("Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 …")
        os.chdir(ROOT)
        task()
    except SetupError as error:
        sys.stderr.write(f"set-up: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
