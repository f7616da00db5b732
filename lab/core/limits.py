"""Rate limits: by person and by address, wide enough for a workshop behind one address.

Counted in this process, or in Redis when there are several. While Redis is away each process counts for itself, with
the same limits: a fallback limit of its own would stand in for all of them, that of sign-ins too.
"""

from typing import Any

from flask import request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from lab.core import counters
from lab.core.actors import current_actor

WRITES_A_PERSON = "60/minute"
WRITES_AN_ADDRESS = "3000/minute"
SIGN_INS_AN_ACCOUNT = "10/minute;60/hour"
SIGN_INS_AN_ADDRESS = "120/minute"
REPORTS_AN_ADDRESS = "30/minute"

limiter = Limiter(get_remote_address, in_memory_fallback_enabled=True, headers_enabled=True)


def init_app(app: Any, redis_url: str) -> None:
    app.config.setdefault("RATELIMIT_STORAGE_URI", redis_url or f"{counters.SCHEME}://")
    app.config.setdefault("RATELIMIT_STRATEGY", "fixed-window")
    limiter.init_app(app)


def actor_key() -> str:
    """The person, or the guest's key, or the address of somebody who has neither yet."""
    actor = current_actor()
    return str(actor.person_id or actor.guest_key or get_remote_address())


def account_key() -> str:
    """The account somebody tries to enter, whether it exists or not."""
    return "account:" + request.form.get("email", "").strip().casefold()[:254]
