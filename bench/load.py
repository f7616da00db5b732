"""A load generator that costs little: one loop over plain sockets, requests made beforehand."""

import selectors
import socket
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median, quantiles
from time import monotonic, process_time

PATIENCE = 30.0
ENOUGH = 2  # answers for each connection
END_OF_HEAD = b"\r\n\r\n"
LENGTH = b"\r\ncontent-length:"
Address = tuple[str, int]


@dataclass(frozen=True)
class Load:
    """What one measurement saw; `busy` is the share of a core the generator itself used."""

    rps: float
    p95: float
    size: int
    statuses: Counter[int]
    busy: float


@dataclass
class Line:
    """One connection that waits for its answer."""

    plug: socket.socket
    sent_at: float = 0.0
    received: bytearray = field(default_factory=bytearray)

    def send(self, request: bytes) -> None:
        self.received.clear()
        self.sent_at = monotonic()
        self.plug.sendall(request)

    def answer(self) -> tuple[int, int] | None:
        """Status and size of the body once all of it is here."""
        part = self.plug.recv(262_144)
        if not part:
            raise ConnectionError("the server closed a connection")
        self.received += part
        end = self.received.find(END_OF_HEAD)
        if end < 0:
            return None
        size = _length(bytes(self.received[:end]))
        return (int(self.received[9:12]), size) if len(self.received) >= end + 4 + size else None


def run(address: Address, requests: Iterator[bytes], connections: int, seconds: float) -> Load:
    """Keeps `connections` requests under way for `seconds`, and longer until there are enough answers to speak of;
    answers that come later are awaited, not counted."""
    lines = [Line(socket.create_connection(address, PATIENCE)) for _ in range(connections)]
    began, worked = monotonic(), process_time()
    try:
        times, sizes, statuses, ended = _drive(lines, requests, began + seconds)
    finally:
        for line in lines:
            line.plug.close()
    share = (process_time() - worked) / (monotonic() - began)
    elapsed = max(seconds, ended - began)
    return Load(len(times) / elapsed, _p95(times), round(median(sizes)), statuses, share)


def _drive(
    lines: list[Line], requests: Iterator[bytes], deadline: float
) -> tuple[list[float], list[int], Counter[int], float]:
    """Times, sizes, statuses, and when the last counted answer came."""
    times, sizes, statuses, ended = [], [], Counter[int](), 0.0
    with selectors.DefaultSelector() as selector:
        for line in lines:
            selector.register(line.plug, selectors.EVENT_READ, line)
            line.send(next(requests))
        waiting = len(lines)
        while waiting:
            ready = selector.select(PATIENCE)
            if not ready:
                raise TimeoutError("the server does not answer")
            for key, _ in ready:
                answer = key.data.answer()
                if answer is None:
                    continue
                now = monotonic()
                statuses[answer[0]] += 1
                sizes.append(answer[1])
                if now > deadline and len(times) >= ENOUGH * len(lines):
                    waiting -= 1
                    continue
                ended = now
                times.append(now - key.data.sent_at)
                key.data.send(next(requests))
    return times, sizes, statuses, ended


def _length(head: bytes) -> int:
    lowered = head.lower()
    at = lowered.find(LENGTH)
    if at < 0:
        raise ValueError("an answer without its length")
    start = at + len(LENGTH)
    end = lowered.find(b"\r\n", start)
    return int(lowered[start : end if end > 0 else None])


def _p95(times: list[float]) -> float:
    return quantiles(times, n=20)[-1]
