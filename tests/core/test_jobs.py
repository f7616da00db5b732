"""Jobs live and die with the transaction of their cause, and a real worker does them."""

import asyncio
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from procrastinate import PsycopgConnector
from sqlalchemy import text

from config import environment_with
from lab.core import jobs
from lab.core.actors import SYSTEM
from lab.core.db import db, unit_of_work
from lab.core.permissions import require
from lab.votes.jobs import refresh_figures
from lab.votes.permissions import VoteAction
from tests.factories.challenges import a_challenge, again
from tests.factories.contributions import an_idea
from tests.factories.votes import support
from tests.servers import PATIENCE, wait_until

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _empty_queue(app):
    yield
    with db.engine.begin() as connection:
        connection.execute(text("delete from procrastinate_jobs"))


def statuses() -> list[str]:
    query = text("select status::text from procrastinate_jobs where task_name = 'refresh_figures' order by id")
    with db.engine.connect() as connection:
        return list(connection.execute(query).scalars())


def defer() -> None:
    require(SYSTEM, VoteAction.COUNT)
    jobs.defer(refresh_figures, timestamp=0)


@pytest.fixture
def worker(database_url, data_folder):
    """The worker of the program, as an operator starts it."""
    environment = environment_with(DATABASE_URL=database_url, LAB_DATA=str(data_folder), SECRET_KEY="only-for-tests")
    command = [sys.executable, "-c", "from lab.cli import main; main()", "serve", "--only", "worker"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    yield process
    process.kill()
    process.wait(PATIENCE)


def left(table: str) -> int:
    with db.engine.connect() as connection:
        return connection.execute(text(f"select count(*) from {table}")).scalar_one()


def test_a_job_that_was_done_leaves_no_row_behind(worker):
    with unit_of_work():
        defer()
    mine = statuses()
    wait_until(lambda: not statuses())
    assert mine == ["todo"]
    wait_until(lambda: left("procrastinate_events") == left("procrastinate_jobs") == 0)


def test_a_job_that_failed_is_forgotten_after_a_month(database_url):
    with db.engine.begin() as connection:
        for days, status in ((1, "failed"), (40, "failed"), (40, "aborted"), (1, "todo")):
            job_id = connection.execute(A_JOB, {"status": status}).scalar_one()
            connection.execute(LAST_SEEN, {"days": days, "id": job_id})
    with ThreadPoolExecutor() as elsewhere:  # the browser of other tests keeps a loop in this thread
        elsewhere.submit(asyncio.run, clean(database_url)).result()
    with db.engine.connect() as connection:
        kept = connection.execute(text("select status::text from procrastinate_jobs order by id")).scalars().all()
    assert kept == ["failed", "todo"]


A_JOB = text("""
    insert into procrastinate_jobs (task_name, queue_name, status)
    values ('an_old_job', 'default', cast(:status as procrastinate_job_status)) returning id
""")
LAST_SEEN = text("""
    insert into procrastinate_events (job_id, type, at) values (:id, 'failed', now() - :days * interval '1 day')
""")


async def clean(database_url: str) -> None:
    """Runs the cleaning as the worker does."""
    connector = PsycopgConnector(conninfo=database_url.replace("postgresql+psycopg2://", "postgresql://"))
    with jobs.queue.replace_connector(connector) as app:
        async with app.open_async():
            await jobs.remove_old_jobs(SimpleNamespace(app=app), timestamp=0)


def test_a_job_of_a_committed_unit_waits_in_the_queue():
    with unit_of_work():
        defer()
    assert statuses() == ["todo"]


def test_a_job_of_a_unit_that_failed_never_existed():
    with pytest.raises(KeyError), unit_of_work():
        defer()
        raise KeyError
    assert statuses() == []


def test_a_job_is_not_seen_before_its_cause_is_committed():
    with unit_of_work():
        defer()
        assert statuses() == []


def test_a_worker_does_the_job_and_ends_when_it_is_told(worker, member, author):
    idea = an_idea(a_challenge(), author)
    support(member, idea)
    with unit_of_work():
        defer()
    wait_until(lambda: again(idea.challenge).support_count == 1)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(PATIENCE) == 0
