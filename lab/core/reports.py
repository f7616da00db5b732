"""What browsers report of the rules of our pages: a line of the log for each thing that was kept from running."""

import json
from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import Blueprint, Response, request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge

from lab.core import limits
from lab.core.headers import REPORTS
from lab.core.web import csrf, policy

MOST_BYTES, MOST_REPORTS, MOST_SIGNS = 16 * 1024, 10, 200

log = structlog.get_logger(__name__)
bp = Blueprint("reports", __name__)


# Browsers send reports by themselves and know no token; nothing is changed by one.
@bp.post(REPORTS)
@csrf.exempt
@policy()
@limits.limiter.limit(limits.REPORTS_AN_ADDRESS)
def receive() -> Response:
    """Logs what a browser sends by itself, so without a token; nothing is stored and nobody is looked up.

    Refuses (400) what is no list of reports, and (413) a large one.
    """
    for report in _sent()[:MOST_REPORTS]:
        _note(report)
    return Response(status=204)


def _sent() -> list[Any]:
    body = request.get_data()
    if len(body) > MOST_BYTES:
        raise RequestEntityTooLarge
    try:
        reports = json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest from None
    if not isinstance(reports, list):
        raise BadRequest
    return reports


def _note(report: Any) -> None:
    body = report.get("body") if isinstance(report, dict) else None
    if not isinstance(body, dict):
        raise BadRequest
    log.warning(
        "content policy",
        directive=_short(body.get("effectiveDirective")),
        blocked=_without_query(body.get("blockedURL")),
        page=_without_query(body.get("documentURL")),
    )


def _short(value: Any) -> str:
    return str(value)[:MOST_SIGNS]


def _without_query(address: Any) -> str:
    """A query may hold what somebody searched for, or a token."""
    try:
        return _short(urlsplit(str(address))._replace(query="", fragment="").geturl())
    except ValueError:
        return ""
