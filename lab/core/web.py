"""Doors: routes with a declared policy, one answer for every refusal, and what all requests share."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import Blueprint, Flask, Response, current_app, flash, g, jsonify, redirect, request
from flask_limiter import RateLimitExceeded
from flask_wtf.csrf import CSRFError, CSRFProtect
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import BadRequest, HTTPException, RequestEntityTooLarge
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as BaseResponse

from lab.core import limits
from lab.core.actors import Actor, current_actor
from lab.core.errors import NeedsAssurance, NeedsConsent, Refusal
from lab.core.i18n import lazy
from lab.core.permissions import Predicate, anybody
from lab.core.rendering import render

log = structlog.get_logger(__name__)
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
    """A feature's blueprint. `get` and `post` take the entry policy; writes are limited and never cached."""

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
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(CSRFError, _token_failed)
    app.register_error_handler(RateLimitExceeded, _too_many)
    app.register_error_handler(HTTPException, _http_error)
    for error in (OperationalError, PoolTimeout):
        app.register_error_handler(error, _database_away)
    app.register_error_handler(DBAPIError, _database_error)
    app.register_error_handler(Exception, _defect)
    if proxy_hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxy_hops, x_proto=proxy_hops)  # type: ignore[method-assign]


def refuse_open_doors(app: Flask) -> None:
    """Stops the start (`MissingPolicy`) when a view says nothing about who may enter."""
    open_doors = [name for name, view in app.view_functions.items() if not hasattr(view, POLICY)]
    if open_doors:
        raise MissingPolicy(", ".join(sorted(open_doors)))


def wants_json() -> bool:
    """Whether a script asked: a fetch, not a page."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json"], default="text/html")
    return best == "application/json"


def own_path(address: str | None, default: str = "/") -> str:
    """The one judge of where a form may send the browser: a path of this site, else the default."""
    if not address or not address.startswith("/") or "\\" in address or address.startswith("//"):
        return default
    parts = urlsplit(address)
    return default if parts.scheme or parts.netloc or any(ord(sign) < 33 for sign in address) else address


def public_address() -> str:
    """This page's address for the world: from the settings, never from what the request claims its host is."""
    settings = current_app.config["SETTINGS"]
    return f"{settings.public_url}{request.path}"


def back(default: str = "/") -> BaseResponse:
    """303 to the page the form names in `next`."""
    return redirect(own_path(request.form.get("next"), default), 303)


def say(sentence: Any, tone: str = "good", undo: str = "") -> None:
    """A short message on the next page; `undo` is the address that takes the deed back by POST."""
    flash(str(sentence), tone)
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


def _answer(status: int, message: Any, headers: dict[str, str] | None = None, **details: Any) -> Response:
    known = {name: value for name, value in details.items() if value is not None}
    if wants_json():
        response = jsonify(error=str(message), **known)
    else:
        response = Response(render("errors/error.html", status=status, message=message, **known))
    response.status_code = status
    response.headers.update(headers or {})
    return response


def _refused(refusal: Refusal) -> Response:
    if isinstance(refusal, NeedsConsent) and not wants_json():
        page: Response = current_app.extensions["lab.consent_page"](refusal)
        return page
    if isinstance(refusal, NeedsAssurance) and not current_actor().signed_in:
        return _answer(refusal.status, refusal.message, sign_in=_page_to_return_to())
    return _answer(refusal.status, refusal.message)


def _page_to_return_to() -> str:
    """After signing in: this page, or the one whose form was sent here, since a POST has no page of its own."""
    if request.method == "GET":
        return request.full_path if request.query_string else request.path
    sender = urlsplit(request.referrer or "")
    return own_path(sender.path if sender.netloc == request.host else None)


def _token_failed(_error: CSRFError) -> Response:
    message = lazy("La página estuvo abierta mucho tiempo y no supimos si el envío era suyo.")
    return _answer(400, message, again=_form_to_send_again())


def _too_many(error: RateLimitExceeded) -> Response:
    message = lazy("Son muchos envíos en poco tiempo. Espere un minuto y vuelva a intentar.")
    return _answer(429, message, {"Retry-After": "60"}, again=_form_to_send_again())


def _form_to_send_again() -> dict[str, Any] | None:
    """What a form of our own pages carried, so that nothing typed is lost; passwords are typed again.

    A form that another site sent is not offered: nobody here wrote it.
    """
    sender = urlsplit(request.headers.get("Origin", ""))
    own = request.method == "POST" and sender.netloc == request.host
    if not own or wants_json() or "password" in request.form:
        return None
    kept = [pair for pair in request.form.items(multi=True) if pair[0] != "csrf_token"]
    return {"action": own_path(request.full_path if request.query_string else request.path), "kept": kept}


def _http_error(error: HTTPException) -> BaseResponse:
    if error.code is None or error.code < 400:
        return error.get_response()
    sentences = {
        404: lazy("No encontramos esta página. Puede que la dirección esté incompleta."),
        405: lazy("Esta dirección no se abre de esa manera."),
        413: lazy("Lo que envió es demasiado grande. Acorte el texto y vuelva a intentar."),
    }
    if isinstance(error, RequestEntityTooLarge):
        g.pop("actor", None)
    return _answer(error.code, sentences.get(error.code, lazy("No pudimos entender este pedido.")))


def _database_away(error: Exception) -> Response:
    log.error("database away", kind=type(error).__name__)
    return _plain(503, lazy("Estamos con un problema pasajero. Vuelva a intentar en un momento."), "10")


def _database_error(error: DBAPIError) -> Response:
    if error.connection_invalidated:
        return _database_away(error)
    log.error("database refused", kind=type(error.orig).__name__)
    return _plain(500, lazy("Algo falló de nuestro lado. Ya quedó registrado."))


def _defect(error: Exception) -> Response:
    log.exception("defect", path=request.path)
    return _plain(500, lazy("Algo falló de nuestro lado. Ya quedó registrado."))


def _plain(status: int, message: Any, retry_after: str = "") -> Response:
    """An error page that needs no database: nobody is looked up for it."""
    g.actor = Actor()
    again = _form_to_send_again() if retry_after else None
    return _answer(status, message, {"Retry-After": retry_after} if retry_after else {}, again=again)
