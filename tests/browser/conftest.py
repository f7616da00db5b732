"""The real program behind a real browser: gunicorn, the system's Chromium, and whoever sits before it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask
from playwright.sync_api import Browser, sync_playwright

from config import Settings, environment_with
from lab.core.actors import Actor
from tests.browser.steps import Visitor
from tests.browser_client import BrowserClient
from tests.servers import unused_port, wait_until

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 800}


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The system's browser, for this folder only: its event loop would be in the way of other tests."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        missing = "Chromium is not installed: browser tests need it"
        pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def site(session_app: Flask, lab_settings: Settings) -> Iterator[str]:
    """The address of the program as `lab serve` runs it, over the tests' database."""
    port = unused_port()
    address = f"http://127.0.0.1:{port}"
    environment = environment_with(
        DATABASE_URL=session_app.config["SQLALCHEMY_DATABASE_URI"],
        LAB_DATA=str(lab_settings.data_folder),
        SECRET_KEY=lab_settings.secret_key,
        LANGUAGES=",".join(lab_settings.languages),
        PORT=str(port),
        PUBLIC_URL=address,
    )
    command = [sys.executable, "-m", "lab.cli", "serve", "--only", "pages"]
    with subprocess.Popen(command, cwd=ROOT, env=environment) as process:
        with httpx.Client(base_url=address) as client:
            wait_until(lambda: _serves(process, client))
        yield address
        process.terminate()


@pytest.fixture
def opens(chromium: Browser, site: str) -> Iterator[Callable[..., Visitor]]:
    """`opens(actor, width=…, scripts=False, theme="dark")`: somebody at a browser; each defect seen fails the test."""
    with ExitStack() as open_browsers:
        yield lambda actor=None, **options: open_browsers.enter_context(visiting(chromium, site, actor, **options))


@pytest.fixture
def visitor(app: Flask, opens: Callable[..., Visitor]) -> Visitor:
    """Somebody new, at a phone."""
    return opens()


@contextmanager
def visiting(
    browser: Browser,
    site: str,
    actor: Actor | None = None,
    *,
    kind: type[Visitor] = Visitor,
    size: dict[str, int] | None = None,
    scripts: bool = True,
    theme: Any = "light",
) -> Iterator[Visitor]:
    """A browser of one's own, signed in when there is an actor, closed at the end and then asked what went wrong."""
    context = browser.new_context(
        base_url=site,
        viewport=size or PHONE,  # type: ignore[arg-type] - Playwright's own typed dict of the same shape
        java_script_enabled=scripts,
        color_scheme=theme,
        locale="es-BO",
        reduced_motion="reduce",
    )
    context.set_default_timeout(10_000)
    if actor is not None:
        context.add_cookies([{"name": "lab", "value": session_of(actor), "url": site}])
    person = kind(context.new_page())
    yield person
    context.close()
    assert person.defects == []


def session_of(actor: Actor) -> str:
    """The cookie of a session of the actor, signed as the program signs it."""
    from flask import current_app

    client = BrowserClient(current_app._get_current_object())
    client.sign_in(actor)
    cookie = client.get_cookie("lab")
    return cookie.value if cookie else ""


def _serves(process: "subprocess.Popen[bytes]", client: httpx.Client) -> bool:
    assert process.poll() is None, "the program ended before it served"
    try:
        return client.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False
