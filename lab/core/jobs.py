"""Background work: Procrastinate, a queue inside the same PostgreSQL.

A job is deferred inside the transaction of its cause, takes ids and is safe to run twice. A worker that was
killed leaves its job marked as running; `retry_stalled_jobs` takes it up again. A job that was done is deleted
with its events: two a minute would be a million rows a year. One that failed stays a month, to be looked at.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from flask import Flask
from procrastinate import App, PsycopgConnector
from procrastinate.contrib.sqlalchemy import SQLAlchemyPsycopg2Connector
from procrastinate.job_context import JobContext

from lab.core.db import db

STALLED_AFTER_SECONDS = 60
WORKER_CONCURRENCY = 2
FAILED_KEPT_HOURS = 24 * 30

queue = App(connector=SQLAlchemyPsycopg2Connector())
_application: list[Flask] = []


def task(**options: Any) -> Callable[[Callable[..., None]], Any]:
    """Registers a job. It runs in a thread of the worker, inside the application's context."""

    def register(function: Callable[..., None]) -> Any:
        def run(**arguments: Any) -> None:
            with _application[0].app_context():
                function(**arguments)

        return queue.task(name=function.__name__, **options)(run)

    return register


def periodic(cron: str, **options: Any) -> Callable[[Callable[..., None]], Any]:
    """A job that the worker starts by the clock, at most once for each tick however many workers run."""

    def register(function: Callable[..., None]) -> Any:
        def run(timestamp: int) -> None:
            with _application[0].app_context():
                function()

        return queue.periodic(cron=cron)(queue.task(name=function.__name__, **options)(run))

    return register


def defer(job: Any, **arguments: Any) -> None:
    """Puts a job in the queue inside the open transaction: rolled back, it never existed."""
    job.configure(connection=db.session.connection()).defer(**arguments)


def run_worker(app: Flask, database_url: str) -> None:
    """Works until it is told to stop; jobs under way are given time to end."""
    _application[:] = [app]
    asyncio.run(_work(database_url.replace("postgresql+psycopg2://", "postgresql://")))


async def _work(conninfo: str) -> None:
    with queue.replace_connector(PsycopgConnector(conninfo=conninfo)) as app:
        async with app.open_async():
            await app.run_worker_async(
                concurrency=WORKER_CONCURRENCY, shutdown_graceful_timeout=10, delete_jobs="successful"
            )


@queue.periodic(cron="* * * * *")
@queue.task(name="retry_stalled_jobs", pass_context=True, queueing_lock="retry_stalled_jobs")
async def retry_stalled_jobs(context: JobContext, timestamp: int) -> None:
    """Gives jobs of a killed worker back to the queue."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_SECONDS):
        await manager.retry_job(job)


@queue.periodic(cron="47 4 * * *")
@queue.task(name="remove_old_jobs", pass_context=True, queueing_lock="remove_old_jobs")
async def remove_old_jobs(context: JobContext, timestamp: int) -> None:
    """Forgets jobs that failed, were cancelled or given up long ago."""
    given_up = {"include_failed": True, "include_cancelled": True, "include_aborted": True}
    await context.app.job_manager.delete_old_jobs(nb_hours=FAILED_KEPT_HOURS, **given_up)
