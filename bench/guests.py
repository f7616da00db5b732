"""Guests who do not give up: each write is sent until it is acknowledged, always with the same key."""

import http.client
import re
import threading
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from time import monotonic
from urllib.parse import urlencode, urlsplit

TIMEOUT = 10.0
PATIENCE = 120.0
PAUSE = 0.1
COOKIE = "lab"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
COMMENT = re.compile(r"#comment-(\d+)$")
# Every write carries the step before a first contribution: any of them may be the one that arrives first.
CONSENT = {"consent_step": "yes", "consent_accepted": "yes", "consent_of_age": "yes"}


@dataclass(frozen=True)
class Write:
    """A support (no words) or a comment. The words are nobody else's, so that it is known again in the database."""

    guest: str
    idea_id: int
    words: str = ""

    @property
    def path(self) -> str:
        return f"/contributions/{self.idea_id}/comments" if self.words else f"/ideas/{self.idea_id}/support"

    @property
    def fields(self) -> dict[str, str]:
        return {"body": self.words, "key": f"key-{self.words}"} if self.words else {"value": "1"}


@dataclass
class Ledger:
    """What was sent and what the program said it had stored; with the id it told, for a comment."""

    sent: set[Write] = field(default_factory=set)
    acknowledged: dict[Write, int] = field(default_factory=dict)
    retries: int = 0
    surprises: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note_sent(self, write: Write, again: bool) -> None:
        with self._lock:
            self.sent.add(write)
            self.retries += again

    def note_acknowledged(self, write: Write, told: int) -> None:
        """The same write acknowledged twice must be told the same id."""
        with self._lock:
            if self.acknowledged.setdefault(write, told) != told:
                self.surprises.append(f"{write} was told {told} and {self.acknowledged[write]}")

    def note_surprise(self, sentence: str) -> None:
        with self._lock:
            self.surprises.append(sentence)


class Unanswered(Exception):
    """Nobody can tell whether the write was stored."""


class Guest:
    """One browser with its cookie, at an address of its own."""

    def __init__(self, number: int, port: int, page: str, ledger: Ledger, agreed: str) -> None:
        self.name = f"Visita {number}"
        self._headers = {"X-Forwarded-For": f"10.1.{number >> 8 & 255}.{number & 255}"}
        self._port = port
        self._page = page
        self._ledger = ledger
        self._consent = CONSENT | {"consent_seen": agreed, "consent_name": self.name}
        self._token = ""

    def write(self, write: Write) -> None:
        """Sends until acknowledged, or notes a surprise: a refusal, or nobody there for two minutes."""
        deadline, again = monotonic() + PATIENCE, False
        while monotonic() < deadline:
            try:
                self._ledger.note_sent(write, again)
                self._try(write)
                return
            except (Unanswered, OSError, http.client.HTTPException):
                again = True
                threading.Event().wait(PAUSE)
        self._ledger.note_surprise(f"{write} was never answered")

    def _try(self, write: Write) -> None:
        if not self._token:
            self._open_page()
        fields = self._consent | {"csrf_token": self._token} | write.fields
        status, location, _ = self._request("POST", write.path, urlencode(fields))
        if status >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Unanswered
        told = COMMENT.search(location)
        if status != http.HTTPStatus.SEE_OTHER or bool(told) != bool(write.words):
            self._ledger.note_surprise(f"{write} was answered {status} {location}")
        else:
            self._ledger.note_acknowledged(write, int(told[1]) if told else 0)

    def _open_page(self) -> None:
        status, _, page = self._request("GET", self._page)
        found = TOKEN.search(page)
        if status != http.HTTPStatus.OK or not found:
            raise Unanswered
        self._token = found[1]

    def _request(self, method: str, path: str, body: str = "") -> tuple[int, str, str]:
        """Status, location and page; only an answer read to its end is an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT)
        headers = self._headers | ({"Content-Type": "application/x-www-form-urlencoded"} if body else {})
        try:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            page = answer.read().decode()
        finally:
            connection.close()
        for header in answer.headers.get_all("Set-Cookie", []):
            self._keep(header)
        return answer.status, urlsplit(answer.headers.get("Location", ""))._replace(scheme="", netloc="").geturl(), page

    def _keep(self, header: str) -> None:
        cookies = SimpleCookie(header)
        if COOKIE in cookies:
            self._headers["Cookie"] = f"{COOKIE}={cookies[COOKIE].coded_value}"
