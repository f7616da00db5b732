"""The frame of our pages, cut out of their answers, for the floor to draw its rows in."""

import json
from pathlib import Path

from flask import Flask
from werkzeug.test import run_wsgi_app

from bench.cases import Case, Requests
from bench.floor import FRAMES
from bench.measure import environ_of

# Between which marks the floor draws rows of its own; the rest of the page is frame.
CUTS = {
    "list": [('<ul class="ideas">', "</ul>\n<nav")],
    "idea": [('<article class="stack" id="idea-', "</article>"), ('<ol class="comments">', "</ol>\n")],
}


def cut(app: Flask, cases: list[Case], requests: Requests, folder: Path) -> None:
    """Stores the frame of each kind of page, as seen by a visitor and by somebody signed in."""
    found = {_name(case): _frame(app, case, requests) for case in cases if case.reads}
    (folder / FRAMES).write_text(json.dumps(found))


def _name(case: Case) -> str:
    return f"{case.page}:{'signed in' if case.signed_in else 'anonymous'}"


def _frame(app: Flask, case: Case, requests: Requests) -> list[str]:
    request = next(requests.of(case, floor=False))
    body, _, _ = run_wsgi_app(app.wsgi_app, environ_of(request), buffered=True)
    rest, pieces = b"".join(body).decode(), []
    for opening, closing in CUTS[case.page]:
        before, found, after = rest.partition(opening)
        _, ended, rest = after.partition(closing)
        if not (found and ended):
            raise ValueError(f"the page has no {opening!r} … {closing!r} any more: correct CUTS")
        pieces.append(before)
    return [*pieces, rest]
