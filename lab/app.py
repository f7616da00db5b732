"""The application, put together: the one file, with `cli.py`, that names every feature."""

from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from flask import Flask, Response
from flask_compress import Compress
from flask_login import LoginManager
from flask_migrate import Migrate

from config import Settings, stored_secret
from lab.accounts import queries as accounts
from lab.accounts.operations import join_from_form
from lab.core import (
    actors,
    assets,
    converters,
    db,
    headers,
    health,
    i18n,
    languages,
    limits,
    logs,
    rendering,
    reports,
    web,
)

ROOT = Path(__file__).resolve().parents[1]
FEATURES = (
    "accounts",
    "challenges",
    "contributions",
    "votes",
    "comments",
    "moderation",
    "ideas",
    "imports",
    "pages",
)
# Rooms that do their work by being read: doors, reactions, panels and jobs register themselves.
ROOMS = ("permissions", "subscribers", "jobs", "routes", "api")


class PlainLogin(LoginManager):  # type: ignore[misc] # the library has no types
    """Without the library's "remember me": its hook reads the session after every request, so that even a
    stylesheet would vary by cookie."""

    def _update_remember_cookie(self, response: Response) -> Response:
        return response


def create_app(settings: Settings, database_url: str = "") -> Flask:
    """Builds the application. Refuses to build one with a door that has no policy (`web.MissingPolicy`)."""
    logs.configure()
    app = Flask("lab", static_folder=None)
    _configure_limits(app, settings)
    _configure_database(app, database_url or settings.database_url)
    _configure_people(app)
    _configure_pages(app, settings)
    for feature in FEATURES:
        _room(feature, "models")  # all tables first: foreign keys name tables of higher features
    for feature in FEATURES:
        _add_feature(app, feature)
    web.refuse_open_doors(app)
    return app


def _configure_limits(app: Flask, settings: Settings) -> None:
    app.config.update(
        SECRET_KEY=settings.secret_key or stored_secret(settings.data_folder),
        MAX_CONTENT_LENGTH=settings.body_limit,
        MAX_FORM_MEMORY_SIZE=settings.body_limit,
        MAX_FORM_PARTS=settings.form_parts_limit,
        TRUSTED_HOSTS=_trusted_hosts(settings),
        SETTINGS=settings,
        PROPAGATE_EXCEPTIONS=False,
    )


def _configure_database(app: Flask, url: str) -> None:
    db.init_app(app, url)
    Migrate(app, db.db, directory=str(ROOT / "migrations"))


def _configure_people(app: Flask) -> None:
    manager = PlainLogin(app)
    manager.session_protection = None  # phones change their address; the epoch ends sessions
    manager.user_loader(accounts.find_signed_in)
    actors.people_are_kept_by(accounts.find_guest, join_from_form)


def _configure_pages(app: Flask, settings: Settings) -> None:
    converters.init_app(app)
    app.config.update(COMPRESS_ALGORITHM=["br", "gzip"], COMPRESS_BR_LEVEL=4, COMPRESS_MIN_SIZE=700)
    i18n.init_app(app, settings.languages, settings.tls)
    headers.init_app(app, settings.tls)
    Compress(app)
    limits.init_app(app, settings.redis_url)
    app.register_blueprint(assets.init_app(app))
    app.register_blueprint(health.bp)
    app.register_blueprint(languages.bp)
    app.register_blueprint(reports.bp)
    rendering.init_app(app, {"asset": assets.asset, "today": lambda: datetime.now(UTC), "settings": settings})
    web.init_app(app, settings.tls, settings.proxy_hops)


def _add_feature(app: Flask, feature: str) -> None:
    for room in ROOMS:
        module = _room(feature, room)
        if hasattr(module, "register"):
            module.register()
        if hasattr(module, "bp"):
            app.register_blueprint(module.bp)


def _room(feature: str, room: str) -> Any:
    """A room of a feature, None when the feature does not have it."""
    if not (ROOT / "lab" / feature / f"{room}.py").exists():
        return None
    return import_module(f"lab.{feature}.{room}")


def _trusted_hosts(settings: Settings) -> list[str]:
    local = [] if settings.production else ["localhost", "127.0.0.1", "[::1]"]
    return list(dict.fromkeys([settings.public_host, *local]))
