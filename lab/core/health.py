"""Whether the process lives, and whether it can do its work."""

from alembic.config import Config
from alembic.script import ScriptDirectory
from flask import Blueprint, Response, current_app
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from lab.core.db import db
from lab.core.web import policy

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@policy()
def alive() -> Response:
    """The process answers; nothing else is asked."""
    return Response("ok\n", mimetype="text/plain")


@bp.get("/readyz")
@policy()
def ready() -> Response:
    """The database answers, its schema is this program's, and the job queue is there; else 503 with the reason."""
    try:
        present = db.session.execute(text("select version_num from alembic_version")).scalar_one_or_none()
        db.session.execute(text("select 1 from procrastinate_jobs limit 1"))
    except DBAPIError as error:
        # A table that is missing is a mistake in a statement to the driver, and to us an installation half made.
        return _not_yet("database away" if isinstance(error, OperationalError) else "tables missing")
    if present != newest_migration():
        return _not_yet("migrations pending")
    return Response("ready\n", mimetype="text/plain")


def _not_yet(reason: str) -> Response:
    return Response(f"{reason}\n", 503, {"Retry-After": "10"}, mimetype="text/plain")


def newest_migration() -> str | None:
    """The revision this program expects."""
    config = Config()
    config.set_main_option("script_location", str(current_app.extensions["migrate"].directory))
    return ScriptDirectory.from_config(config).get_current_head()
