"""What an operation or a loader may refuse with.

A door catches what its form can show beside a field (`Invalid`, a `Conflict`); `answers` answers all others.
"""

from typing import Any


class Refusal(Exception):
    """Something a person asked for is not done; `message` is the translated (lazy) sentence for them."""

    status = 400

    def __init__(self, message: Any, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class NotFound(Refusal):
    """It does not exist, or this actor may not know that it does."""

    status = 404


class Gone(Refusal):
    """It was public and was withdrawn or hidden; the page says so instead of vanishing."""

    status = 410


class NotAllowed(Refusal):
    """The actor lacks the right."""

    status = 403


class NeedsAssurance(NotAllowed):
    """The actor could do it after signing in, or with a better known identity."""


class NeedsConsent(Refusal):
    """The actor has to accept the present terms first; what they typed is kept and sent again.

    `details["field"]` names the box left empty when they already tried.
    """

    status = 403


class WrongPhase(Refusal):
    """The challenge does not ask for this now."""

    status = 409


class Conflict(Refusal):
    """The thing changed, closed or filled up in between."""

    status = 409


class Invalid(Refusal):
    """The values cannot be used. `field` names the form field the sentence belongs to."""

    status = 422

    def __init__(self, message: Any, field: str = "") -> None:
        super().__init__(message)
        self.field = field
