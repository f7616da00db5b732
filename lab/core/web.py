"""Doors: routes with a declared policy, and what all requests share. What is refused, `answers` answers."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask, current_app, flash, jsonify, redirect, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import BadRequest
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as BaseResponse

from lab.core import answers, limits
from lab.core.actors import Actor, current_actor
from lab.core.answers import wants_json
from lab.core.errors import NeedsAssurance
from lab.core.i18n import Fallback
from lab.core.paths import own_path
from lab.core.permissions import Predicate, anybody

csrf = CSRFProtect()
Answer = str | BaseResponse | tuple[str, int]
POLICY = "lab_policy"


class MissingPolicy(RuntimeError):
    """A view was registered without saying who may enter: the program does not start."""


def policy(entry: Predicate = anybody) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Says who may enter a view at all. What they may do there the operation's own `require` decides."""

    def mark(view: Callable[..., Any]) -> Callable[..., Any]:
        setattr(view, POLICY, entry)
        return view

    return mark


class Door(Blueprint):
    """A feature's blueprint: `reads`, `writes` and `fills` take the entry policy; whatever is sent is limited."""

    def reads(self, rule: str, entry: Predicate = anybody, **options: Any) -> Callable[..., Any]:
        """A page. GET never writes."""
        return self._door(rule, entry, ["GET"], options)

    def writes(self, rule: str, entry: Predicate = anybody, **options: Any) -> Callable[..., Any]:
        """A change, by POST, with a token, limited by person and by address."""
        return self._door(rule, entry, ["POST"], options)

    def fills(self, rule: str, entry: Predicate = anybody, **options: Any) -> Callable[..., Any]:
        """A form: GET draws it, POST sends it."""
        return self._door(rule, entry, ["GET", "POST"], options)

    def _door(self, rule: str, entry: Predicate, methods: list[str], options: dict[str, Any]) -> Callable[..., Any]:
        def register(view: Callable[..., Any]) -> Callable[..., Any]:
            guarded = _limited(view) if "POST" in methods else view
            policy(entry)(guarded)
            self.add_url_rule(rule, endpoint=view.__name__, view_func=guarded, methods=methods, **options)
            return view

        return register


def init_app(app: Flask, tls: bool, proxy_hops: int) -> None:
    """Cookies, tokens, refusals and the check of entry policies."""
    _configure_cookies(app, tls)
    csrf.init_app(app)
    app.before_request(_refuse_zero_characters)
    app.before_request(_enter)
    answers.init_app(app)
    if proxy_hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxy_hops, x_proto=proxy_hops)  # type: ignore[method-assign]


def refuse_open_doors(app: Flask) -> None:
    """Stops the start (`MissingPolicy`) when a view says nothing about who may enter."""
    open_doors = [name for name, view in app.view_functions.items() if not hasattr(view, POLICY)]
    if open_doors:
        raise MissingPolicy(", ".join(sorted(open_doors)))


def public_address() -> str:
    """This page's address for the world: from the settings, never from what the request claims its host is."""
    settings = current_app.config["SETTINGS"]
    return f"{settings.public_url}{request.path}"


def acknowledge(state: dict[str, Any], default: str, anchor: str = "", said: str = "") -> BaseResponse:
    """The answer to a small deed: its new state for a script; for a page what is `said` of it (else the state's
    sentence), back where it stood."""
    if wants_json():
        return jsonify(state)
    say(said or state["sentence"])
    return redirect(f"{own_path(request.form.get('next'), default)}{anchor}", 303)


def say(sentence: Any, tone: str = "good", undo: str = "") -> None:
    """A short message on the next page; `undo` is the address that takes the deed back by POST."""
    # A sentence not translated yet crosses the session as markup that says so.
    flash(sentence if isinstance(sentence, Fallback) else str(sentence), tone)
    if undo:
        flash(undo, "undo")


def _configure_cookies(app: Flask, tls: bool) -> None:
    app.config.update(
        SESSION_COOKIE_NAME="__Host-lab" if tls else "lab",
        SESSION_COOKIE_SECURE=tls,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=60 * 60 * 24 * 180,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
    )


def _limited(view: Callable[..., Any]) -> Callable[..., Any]:
    by_person = limits.limiter.limit(limits.WRITES_A_PERSON, key_func=limits.actor_key, methods=["POST"])
    by_address = limits.limiter.limit(limits.WRITES_AN_ADDRESS, methods=["POST"])
    return by_address(by_person(view))


def _refuse_zero_characters() -> None:
    """PostgreSQL stores no zero character: whoever sends one in an address or a form sent nothing we can use."""
    if "\0" in request.path or any("\0" in value for value in request.values.values()):
        raise BadRequest


def _enter() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    entry: Predicate = getattr(view, POLICY, anybody)
    if entry is not anybody:
        actor: Actor = current_actor()
        if not entry.holds(actor, None):
            raise NeedsAssurance(entry.refusal) if not actor.signed_in else entry.refuse()
