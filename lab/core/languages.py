"""The choice of a language: a page of its own, so that no other page needs a form and a token for it."""

from typing import Any

from flask import current_app, redirect, request

from lab.core.errors import Invalid
from lab.core.i18n import lazy, offered_languages
from lab.core.paths import own_path
from lab.core.rendering import render
from lab.core.web import Answer, Door

KEPT_SECONDS = 60 * 60 * 24 * 365

bp = Door("languages", __name__)


@bp.fills("/language")
def choose() -> Answer:
    if request.method == "GET":
        return render("languages/choose.html", next=own_path(request.args.get("next")))
    chosen = request.form.get("language")
    if chosen not in offered_languages():
        raise Invalid(lazy("Este idioma no está disponible aquí."), field="language")
    return _remembered(chosen)


def _remembered(language: str) -> Any:
    response = redirect(own_path(request.form.get("next")), 303)
    response.set_cookie(
        current_app.config["LANGUAGE_COOKIE"],
        language,
        max_age=KEPT_SECONDS,
        secure=current_app.config["SETTINGS"].tls,
        httponly=True,
        samesite="Lax",
    )
    return response
