"""The ground every test stands on: a PostgreSQL of the tests' own, the schema from its migrations, one app.

Tests commit for real, so that threads, other processes and browsers see what they wrote; before each test the
tables are emptied again. Nothing may connect beyond this machine.
"""

import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import settings as hypothesis_settings
from sqlalchemy.engine import make_url

from config import Settings
from lab.app import create_app
from lab.core import embedded, limits, migrate
from lab.core.db import db
from tests import cleaning, network, servers
from tests.browser_client import BrowserClient
from tests.counting import Counted, counting

pytest_plugins = ["tests.cast"]

hypothesis_settings.register_profile("lab", deadline=None, derandomize=True, print_blob=True)
hypothesis_settings.load_profile("lab")


@pytest.fixture(autouse=True, scope="session")
def _network_forbidden() -> Iterator[None]:
    with network.forbidden():
        yield


@pytest.fixture(scope="session")
def data_folder() -> Iterator[Path]:
    """LAB_DATA of the tests: a short path that every user may enter, because PostgreSQL will not run as root."""
    path = Path(tempfile.mkdtemp(prefix="lab-tests-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def server_url(data_folder: Path) -> Iterator[str]:
    """The embedded server of this run, without a schema."""
    with embedded.start(data_folder, durable=False) as server:
        yield server.url


@pytest.fixture(scope="session")
def lab_settings(data_folder: Path) -> Settings:
    environment = {
        "LAB_DATA": str(data_folder),
        "SECRET_KEY": "only-for-tests",
        "LANGUAGES": "es,en",
    }
    return Settings.from_environment(environment)


@pytest.fixture(scope="session")
def session_app(server_url: str, lab_settings: Settings) -> Iterator[Flask]:
    """The one application of the run, over a database that its migrations made."""
    app = create_app(lab_settings, server_url)
    with app.app_context():
        migrate.upgrade(server_url)
        cleaning.keep_legal_texts()
    yield app
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture
def app(session_app: Flask) -> Iterator[Flask]:
    """The application with empty tables and fresh rate limits, inside its context."""
    with session_app.app_context():
        cleaning.empty_tables()
        limits.limiter.reset()
        yield session_app


@pytest.fixture
def database_url(app: Flask) -> str:
    """The address of the (emptied) database, for tests that start processes of their own."""
    return str(app.config["SQLALCHEMY_DATABASE_URI"])


@pytest.fixture
def client(app: Flask) -> BrowserClient:
    """A browser without JavaScript; `client.write(path, field=value)` posts with a valid token."""
    return BrowserClient(app)


@pytest.fixture
def another_client(app: Flask) -> BrowserClient:
    return BrowserClient(app)


@pytest.fixture
def counted_queries(app: Flask) -> Callable[[], AbstractContextManager[Counted]]:
    """`with counted_queries() as seen: ...; assert len(seen) <= 6` over everything sent to the database."""
    return counting


@pytest.fixture
def own_database(app: Flask) -> Iterator[str]:
    """An empty database of this test's own, for tests of migrations and of programs that start from nothing."""
    with cleaning.spare_database() as name:
        url = make_url(app.config["SQLALCHEMY_DATABASE_URI"]).set(database=name)
        yield url.render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A real Redis on a free port; in CI its absence is a failure."""
    if shutil.which("redis-server") is None:
        missing = "redis-server is not installed"
        pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)
    with servers.redis() as url:
        yield url


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def as_reader(client, sign_in):
    """`as_reader(actor)`: the browser in their hands."""

    def hand_over(actor):
        sign_in(client, actor)
        return client

    return hand_over
