"""One answer for every refusal and every failure; whatever a person typed comes back with it."""

from typing import Any

import structlog
from flask import Flask, Response, current_app, g, jsonify, request
from flask_limiter import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wrappers import Response as BaseResponse

from lab.core.actors import Actor, current_actor
from lab.core.errors import NeedsAssurance, NeedsConsent, Refusal
from lab.core.i18n import lazy
from lab.core.paths import asked_address, page_to_return_to, sent_by_own_page
from lab.core.rendering import render

log = structlog.get_logger(__name__)
# Fields of the frame of a form: nobody typed them.
FRAME = ("csrf_token", "next", "consent_")


def init_app(app: Flask) -> None:
    """Registers the answer to each kind of error."""
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(CSRFError, _token_failed)
    app.register_error_handler(RateLimitExceeded, _too_many)
    app.register_error_handler(HTTPException, _http_error)
    for error in (OperationalError, PoolTimeout):
        app.register_error_handler(error, _database_away)
    app.register_error_handler(DBAPIError, _database_error)
    app.register_error_handler(Exception, _defect)


def wants_json() -> bool:
    """Whether a script asked: a fetch, not a page."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json"], default="text/html")
    return best == "application/json"


def _answer(status: int, message: Any, headers: dict[str, str] | None = None, **details: Any) -> Response:
    known = {name: value for name, value in details.items() if value}
    if wants_json():
        response = jsonify(error=str(message))
    else:
        response = Response(render("errors/error.html", status=status, message=message, **known))
    response.status_code = status
    response.headers.update(headers or {})
    return response


def _refused(refusal: Refusal) -> Response:
    if isinstance(refusal, NeedsConsent) and not wants_json():
        page: Response = current_app.extensions["lab.consent_page"](refusal)
        return page
    stranger = isinstance(refusal, NeedsAssurance) and not current_actor().signed_in
    sign_in = page_to_return_to() if stranger else ""
    return _answer(refusal.status, refusal.message, sign_in=sign_in, written=_written())


def _token_failed(_error: CSRFError) -> Response:
    message = lazy("La página estuvo abierta mucho tiempo y no supimos si el envío era suyo.")
    return _answer(400, message, again=_form_to_send_again())


def _too_many(error: RateLimitExceeded) -> Response:
    message = lazy("Son muchos envíos en poco tiempo. Espere un minuto y vuelva a intentar.")
    return _answer(429, message, {"Retry-After": "60"}, again=_form_to_send_again())


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
    message = sentences.get(error.code, lazy("No pudimos entender este pedido."))
    return _answer(error.code, message, written=_written())


def _database_away(error: Exception) -> Response:
    log.error("database away", kind=type(error).__name__)
    message = lazy("Estamos con un problema pasajero. Vuelva a intentar en un momento.")
    return _answer_as_nobody(503, message, {"Retry-After": "10"}, again=_form_to_send_again())


def _database_error(error: DBAPIError) -> Response:
    if error.connection_invalidated:
        return _database_away(error)
    log.error("database refused", kind=type(error.orig).__name__)
    return _failed()


def _defect(error: Exception) -> Response:
    log.exception("defect", path=request.path)
    return _failed()


def _failed() -> Response:
    return _answer_as_nobody(500, lazy("Algo falló de nuestro lado. Ya quedó registrado."), written=_written())


def _answer_as_nobody(status: int, message: Any, headers: dict[str, str] | None = None, **details: Any) -> Response:
    """An error page that needs no database: nobody is looked up for it."""
    g.actor = Actor()
    return _answer(status, message, headers, **details)


def _form_to_send_again() -> dict[str, Any] | None:
    """The form as it came, where sending it once more may succeed; passwords are typed again."""
    kept = [pair for pair in _own_form() if pair[0] != "csrf_token"]
    return {"action": asked_address(), "kept": kept} if kept else None


def _written() -> list[str]:
    """The sentences somebody typed, to be copied where sending them again is useless.

    A key, a code and an address hold no space: what holds one was typed.
    """
    return [value for name, value in _own_form() if not name.startswith(FRAME) and len(value.split()) > 1]


def _own_form() -> list[tuple[str, str]]:
    """What a form of our own pages carried. Of a form that another site sent nothing is shown: nobody here wrote it."""
    try:
        carried = list(request.form.items(multi=True)) if sent_by_own_page() and not wants_json() else []
    except HTTPException:  # too large to be read
        return []
    return [] if any(name == "password" for name, _ in carried) else carried
