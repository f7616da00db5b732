"""Where a form may send the browser, and where the browser stands: always a path of this site."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

from flask import current_app, request
from werkzeug.exceptions import HTTPException

HOME = "/"


def own_path(address: str | None, default: str = HOME) -> str:
    """The one judge of where a form may send the browser: a path of this site, else the default."""
    if not address or not address.startswith("/") or "\\" in address or address.startswith("//"):
        return default
    parts = urlsplit(address)
    return default if parts.scheme or parts.netloc or any(ord(sign) < 33 for sign in address) else address


def asked_address() -> str:
    """The path of this request, with its query where it has one."""
    return own_path(request.full_path if request.query_string else request.path)


def page_to_return_to() -> str:
    """The page somebody is at: this one, or the one whose form was sent here, since a POST has no page of its own.

    A page that itself leads back somewhere (`next`) is left for that place, so that no address grows by itself.
    """
    try:
        return _sending_page() if request.method == "POST" else _left_for(request.args, asked_address())
    except HTTPException:  # a body too large, a host that is not ours: nothing of it can be read
        return HOME


def sent_by_own_page() -> bool:
    """Whether a page of this site sent this form: another site's form is nobody's words here."""
    try:
        return request.method == "POST" and urlsplit(request.headers.get("Origin", "")).netloc == request.host
    except HTTPException:
        return False


def _sending_page() -> str:
    sender = urlsplit(request.referrer or "")
    if sender.netloc == request.host and _opens(unquote(sender.path)):
        return _left_for(dict(parse_qsl(sender.query)), own_path(urlunsplit(("", "", sender.path, sender.query, ""))))
    return own_path(request.form.get("next"), request.path if _opens(request.path) else HOME)


def _left_for(arguments: Mapping[str, str], page: str) -> str:
    return own_path(arguments["next"]) if "next" in arguments else page


def _opens(path: str) -> bool:
    """Whether an address is opened by GET: many take a form and show nothing."""
    adapter = current_app.create_url_adapter(request)
    return adapter is not None and adapter.test(path, method="GET")
