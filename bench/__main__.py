"""`make bench`: prints one table of ratios and writes bench/results.json."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from flask import Flask

from bench import cases, data, frames, load, measure, programs
from bench.cases import Case, Requests
from bench.measure import Effort, Pair
from config import Settings
from lab.app import create_app
from lab.core import embedded, migrate

RESULTS = Path(__file__).with_name("results.json")
QUICK = Effort(1, 0.5)
HEADER = ("case", "ideas", "signed in", "conn.", "ours/s", "floor/s", "ratio", "p95 ×", "queries", "bytes")
ROW = "{:<22} {:>7} {:>9} {:>5} {:>8} {:>8} {:>6} {:>6} {:>7} {:>7}"


@click.command()
@click.option("--quick", is_flag=True, help="One short round of the smaller challenge over eight connections.")
@click.option("--only", default="", help="Only the cases whose name holds this.")
@click.option("--rounds", type=click.IntRange(1), help="Rounds for each case, both programs in turns.")
@click.option("--seconds", type=click.FloatRange(0.1), help="How long one measurement takes.")
def main(quick: bool, only: str, rounds: int | None, seconds: float | None) -> None:
    """Measure our pages and the support against a bare program, in turns, on one database."""
    effort = QUICK if quick else Effort()
    effort = Effort(rounds or effort.rounds, seconds or effort.seconds)
    with _prepared() as settings, ExitStack() as stack:
        app = create_app(settings)
        with app.app_context():
            samples = data.prepare(data.SIZES[:1] if quick else data.SIZES)
        chosen = [case for case in cases.every(samples) if only in case.name]
        requests = Requests(app, samples[0])
        frames.cut(app, cases.few(cases.every(samples)), requests, settings.data_folder)
        pair = Pair(*(stack.enter_context(programs.served(settings, each)) for each in (programs.OURS, programs.FLOOR)))
        lines = list(_measured(app, cases.few(chosen) if quick else chosen, requests, pair, effort))
    if not (quick or only):
        RESULTS.write_text(json.dumps(lines, indent=1) + "\n")


@contextmanager
def _prepared() -> Iterator[Settings]:
    """Settings with a migrated database: the one named, or a durable embedded one of this run."""
    settings = Settings.from_environment()
    folder = Path(tempfile.mkdtemp(prefix="lab-bench-"))
    folder.chmod(0o755)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        url = settings.database_url or stack.enter_context(embedded.start(folder)).url
        migrate.upgrade(url)
        yield replace(settings, data_folder=folder, database_url=url, secret_key="only-to-measure", proxy_hops=1)  # noqa: S106


def _measured(
    app: Flask, chosen: list[Case], requests: Requests, pair: Pair, effort: Effort
) -> Iterator[dict[str, Any]]:
    print(ROW.format(*HEADER))
    busiest = 0.0
    for case in chosen:
        measure.warm_up(case, requests, pair)
        line, busy = measure.compare(case, requests, pair, effort)
        line["queries"] = measure.count_queries(app, next(requests.of(case, floor=False)))
        busiest = max(busiest, busy)
        print(_row(line), flush=True)
        yield line
    plain = load.run(pair.floor, iter(lambda: b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b""), 8, 1)
    print(f"The generator used at most {busiest:.0%} of a core; it gets {plain.rps:.0f}/s from a page of two bytes.")


def _row(line: dict[str, Any]) -> str:
    names = ("case", "ideas", "signed_in", "connections", "ours_rps", "floor_rps", "ratio", "p95_ratio")
    shown = [line[name] for name in names]
    shown[2] = "yes" if line["signed_in"] else "no"
    return ROW.format(*shown, line["queries"], line["bytes"])


if __name__ == "__main__":
    main()
