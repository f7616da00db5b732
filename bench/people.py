"""Simulated people: the cookies that a browser of theirs would hold, and requests as it would send them.

The cookies are signed as the program signs them; the people behind them are stored and have agreed to the terms,
so nothing of the program is switched off for them, rate limits included: each has an address of their own.
"""

from dataclasses import dataclass
from hashlib import md5
from urllib.parse import urlencode

from flask import Flask, session
from flask_wtf.csrf import generate_csrf

from bench.data import ACCOUNTS, GUESTS

SECRET_OF_FORMS = "0123456789abcdef" * 2 + "01234567"


@dataclass(frozen=True)
class Person:
    """One browser: what it holds for our program and for the floor, and where it calls from."""

    ours: str
    floor: str
    address: str


def nobody() -> Person:
    """A visitor who was never here."""
    return Person("", "", "10.0.0.1")


def guests(app: Flask, token: str) -> list[Person]:
    """Everybody who contributed without an account."""
    return [_person(app, number, _guest(number) | {"csrf_token": token}) for number in range(1, GUESTS + 1)]


def accounts(app: Flask, token: str) -> list[Person]:
    """Everybody with an account, signed in."""
    first = GUESTS + 1
    numbers = range(first, first + ACCOUNTS)
    return [_person(app, each, {"_user_id": f"{each}:1", "_fresh": True, "csrf_token": token}) for each in numbers]


def form_token(app: Flask) -> str:
    """The token of every form of a session that holds `SECRET_OF_FORMS`."""
    with app.test_request_context():
        session["csrf_token"] = SECRET_OF_FORMS
        return str(generate_csrf())


def reading(path: str, cookie: str, address: str) -> bytes:
    return _request("GET", path, cookie, address)


def writing(path: str, cookie: str, address: str, **fields: object) -> bytes:
    return _request("POST", path, cookie, address, urlencode(fields).encode())


def _request(method: str, path: str, cookie: str, address: str, body: bytes = b"") -> bytes:
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Accept: text/html,application/xhtml+xml,*/*;q=0.8",
        "Accept-Language: es-BO,es;q=0.9",
        "User-Agent: bench",
        f"X-Forwarded-For: {address}",
    ]
    if cookie:
        lines.append(f"Cookie: lab={cookie}")
    if method == "POST":
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _person(app: Flask, number: int, kept: dict[str, object]) -> Person:
    address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    return Person(_signed(app, kept), _signed(app, {"person": number}), address)


def _guest(number: int) -> dict[str, object]:
    key = md5(f"guest{number}".encode(), usedforsecurity=False).hexdigest()
    return {"_permanent": True, "contributed": True, "guest": key}


def _signed(app: Flask, kept: dict[str, object]) -> str:
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    return str(serializer.dumps(kept))
