"""A browser without JavaScript, as tests use it."""

import contextvars
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from flask_wtf.csrf import generate_csrf
from werkzeug.test import TestResponse

from lab.accounts.models import Person
from lab.core.actors import Actor
from lab.core.db import db


class BrowserClient(FlaskClient):
    """Keeps cookies; each request runs in a context of its own, as on a server, whatever the test has open."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app, app.response_class, use_cookies=True)

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        return contextvars.Context().run(super().open, *args, **kwargs)

    def write(self, path: str, /, **fields: Any) -> TestResponse:
        """POST of a form with a valid token, as a page's own form sends it."""
        return self.post(path, data=fields | {"csrf_token": self.token()})

    def write_json(self, path: str, /, **fields: Any) -> TestResponse:
        """The same form sent by a script that wants JSON."""
        headers = {"Accept": "application/json", "X-CSRFToken": self.token()}
        return self.post(path, data=fields, headers=headers)

    def token(self) -> str:
        """A token of this browser's session."""
        return contextvars.Context().run(self._make_token)

    def sign_in(self, actor: Actor) -> None:
        """Makes this browser the actor's: an account signed in, a guest that contributed, or a new visitor."""
        keys = {"guest": actor.guest_key} if actor.guest_key else {}
        if actor.signed_in:
            epoch = db.session.get_one(Person, actor.person_id).session_epoch
            keys |= {"_user_id": f"{actor.person_id}:{epoch}", "_fresh": True}
        with self.session_transaction() as session:
            session.clear()
            session.update(keys | {"contributed": True} if actor.is_guest and actor.person_id else keys)

    def _make_token(self) -> str:
        from flask import session as flask_session

        with self.session_transaction() as stored:
            known = dict(stored)
        with self.application.test_request_context():
            flask_session.update(known)
            token = generate_csrf()
            known = dict(flask_session)
        with self.session_transaction() as stored:
            stored.update(known)
        return token
