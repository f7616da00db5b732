"""Acknowledged is stored: guests write while web workers are killed and the database is stopped dead.

`python -m bench.durability` sends ten thousand supports and comments to the whole program as `lab up` runs it,
ends web workers by kill -9 at random moments and the database twice, and compares what was acknowledged with
what is stored. The short form of it is a test (tests/faults/test_acknowledged.py).
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from uuid import uuid4

import click
import psutil
from flask import Flask

from bench.data import open_challenge
from bench.guests import Guest, Ledger, Write
from bench.programs import ROOT
from bench.stored import Findings, examine
from config import Settings, environment_with
from lab.accounts.operations import Acceptance, become_participant
from lab.accounts.queries import get_consent_step
from lab.app import create_app
from lab.contributions.models import Kind
from lab.core import embedded
from lab.core.actors import Actor
from lab.core.db import db, unit_of_work
from lab.ideas import operations as ideas

PATIENCE = 120.0
BEAT = 0.02
AT_ONCE = 16
SLUG = "a-prueba"


@dataclass(frozen=True)
class Plan:
    """How much is written, and after how many acknowledged writes the next worker is killed (at random between)."""

    writes: int = 10_000
    guests: int = 400
    ideas: int = 40
    kill_after: tuple[int, int] = (150, 450)
    restarts: int = 2
    seed: int = 7


@dataclass(frozen=True)
class Outcome:
    """What happened on the way; what is stored afterwards is told by `House.examine`."""

    ledger: Ledger
    kills: int
    restarts: int
    seconds: float


class House:
    """The whole program, running, with one challenge in it."""

    def __init__(
        self, process: "subprocess.Popen[str]", port: int, app: Flask, idea_ids: list[int], agreed: str
    ) -> None:
        self._process = process
        self._port = port
        self._idea_ids = idea_ids
        self._agreed = agreed
        self.app = app

    def run(self, plan: Plan) -> Outcome:
        """Lets everybody write and things fail; returns when every write was acknowledged or given up."""
        ledger, began = Ledger(), monotonic()
        chaos = Chaos(self._process, ledger, plan)
        with ThreadPoolExecutor(AT_ONCE + 1) as pool:
            failing = pool.submit(chaos.run)
            for _ in pool.map(lambda number: self._write_all(number, plan, ledger), range(plan.guests)):
                pass
            chaos.over.set()
            failing.result()
        return Outcome(ledger, chaos.kills, chaos.restarts, monotonic() - began)

    def examine(self, ledger: Ledger) -> Findings:
        with self.app.app_context():
            for engine in db.engines.values():
                engine.dispose()  # its connections are older than the restarts
            return examine(ledger)

    def _write_all(self, number: int, plan: Plan, ledger: Ledger) -> None:
        """A guest's share, supports and comments in turn; every tenth is sent twice, as by a double click."""
        guest = Guest(number, self._port, f"/challenges/{SLUG}/ideas", ledger, self._agreed)
        for turn in range(plan.writes // plan.guests):
            idea_id = self._idea_ids[(number + turn // 2) % len(self._idea_ids)]
            write = Write(guest.name, idea_id, f"comentario {number} {turn}" if turn % 2 else "")
            guest.write(write)
            if turn % 10 == 0:
                guest.write(write)


class Chaos:
    """Kills web workers and stops the database dead while others write."""

    def __init__(self, process: "subprocess.Popen[str]", ledger: Ledger, plan: Plan) -> None:
        self._house = psutil.Process(process.pid)
        self._ledger = ledger
        self._random = random.Random(plan.seed)
        self._plan = plan
        self.over = threading.Event()
        self.kills = self.restarts = 0

    def run(self) -> None:
        next_kill = self._pause()
        while not self.over.wait(BEAT):
            done = len(self._ledger.acknowledged)
            if self.restarts < self._plan.restarts and done > self._due(self.restarts + 1):
                self.restarts += self._stop_database()
            if done > next_kill:
                self.kills += self._kill_worker()
                next_kill = done + self._pause()

    def _due(self, restart: int) -> float:
        """The restarts are spread evenly over the writes."""
        return self._plan.writes * restart / (self._plan.restarts + 1)

    def _pause(self) -> int:
        return self._random.randint(*self._plan.kill_after)

    def _kill_worker(self) -> bool:
        workers = self._child("gunicorn").children()
        if workers:
            self._random.choice(workers).kill()
        return bool(workers)

    def _stop_database(self) -> bool:
        """An immediate stop, without goodbye to anybody; `lab up` starts it again."""
        database = self._child("postgres")
        database.send_signal(signal.SIGQUIT)
        psutil.wait_procs([database], timeout=PATIENCE)
        return not database.is_running() or database.status() == psutil.STATUS_ZOMBIE

    def _child(self, word: str) -> psutil.Process:
        """The present child whose command holds the word; waits while `lab up` starts it again."""
        deadline = monotonic() + PATIENCE
        while monotonic() < deadline:
            for each in self._house.children():
                if word in _command(each):
                    return each
            threading.Event().wait(BEAT)
        raise TimeoutError(f"no {word} came back")


@contextmanager
def house(plan: Plan) -> Iterator[House]:
    """`lab up` on a fresh folder with a durable database of its own, and ideas to write about."""
    folder = Path(tempfile.mkdtemp(prefix="lab-durable-"))
    folder.chmod(0o755)
    changes = {"LAB_DATA": str(folder), "DATABASE_URL": "", "PUBLIC_URL": "", "PROXY_HOPS": "1"}
    command = [sys.executable, "-m", "lab.cli", "up", "--no-demo", "--port", "0"]
    environment = {name: value for name, value in environment_with(**changes).items() if value}
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        port = _told_port(process)
        app = create_app(Settings.from_environment(changes), embedded.running_url(folder) or "")
        with app.test_request_context():
            idea_ids, agreed = _propose(plan.ideas), _shown_texts()
        yield House(process, port, app, idea_ids, agreed)
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)
        shutil.rmtree(folder, ignore_errors=True)


def _told_port(process: "subprocess.Popen[str]") -> int:
    """`lab up` says one line once it serves: its address."""
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        raise RuntimeError("lab up did not start")
    return int(line.rpartition(":")[2])


def _propose(number: int) -> list[int]:
    challenge = open_challenge(SLUG)
    with unit_of_work():
        agreed = Acceptance(True, True, "Quien propone", "es", _shown_texts())
        author = become_participant(Actor(guest_key=uuid4().hex), agreed)
        proposal = ideas.Proposal(challenge, Kind.PROPOSAL)
        written = [ideas.IdeaText(f"Propuesta {each}", "Para escribir sobre ella.") for each in range(number)]
        return [ideas.propose_idea(author, proposal, each, f"key-{each.title}").id for each in written]


def _shown_texts() -> str:
    """Which texts a guest agrees to, as the step before a first contribution names them."""
    return get_consent_step("es", {}).seen


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


@click.command()
@click.option("--writes", default=Plan.writes, show_default=True, help="How many supports and comments.")
def main(writes: int) -> None:
    """Write, kill, restart, and count what is left."""
    plan = Plan(writes=writes, guests=max(1, writes // 25))
    with house(plan) as running:
        outcome = running.run(plan)
        findings = running.examine(outcome.ledger)
    ledger = outcome.ledger
    print(f"{len(ledger.acknowledged)} writes acknowledged in {outcome.seconds:.0f} s, {ledger.retries} retries")
    print(f"{outcome.kills} workers killed, {outcome.restarts} database restarts")
    print(findings)
    for each in ledger.surprises[:10]:
        print(each)
    sys.exit(os.EX_OK if findings.clean and not ledger.surprises else os.EX_SOFTWARE)


if __name__ == "__main__":
    main()
