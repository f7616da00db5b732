"""No test reaches beyond this machine: a connection elsewhere is a defect of the test or of the program."""

import ipaddress
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class NetworkForbidden(RuntimeError):
    """Something tried to reach another machine."""


@contextmanager
def forbidden() -> Iterator[None]:
    """Refuses connections and look-ups of names that leave this machine, until the block ends."""
    patch = _Patches()
    patch.replace(socket.socket, "connect", _guarded_connection)
    patch.replace(socket.socket, "connect_ex", _guarded_connection)
    patch.replace(socket, "getaddrinfo", _guarded_lookup)
    try:
        yield
    finally:
        patch.undo()


class _Patches:
    def __init__(self) -> None:
        self._before: list[tuple[Any, str, Any]] = []

    def replace(self, owner: Any, name: str, guard: Callable[[Any], Any]) -> None:
        original = getattr(owner, name)
        self._before.append((owner, name, original))
        setattr(owner, name, guard(original))

    def undo(self) -> None:
        for owner, name, original in reversed(self._before):
            setattr(owner, name, original)


def _guarded_connection(original: Callable[..., Any]) -> Callable[..., Any]:
    def connect(self: socket.socket, address: Any) -> Any:
        if self.family != socket.AF_UNIX and not _is_here(str(address[0])):
            raise NetworkForbidden(f"connection to {address[0]}")
        return original(self, address)

    return connect


def _guarded_lookup(original: Callable[..., Any]) -> Callable[..., Any]:
    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else str(host or "localhost")
        if not _is_here(name):
            raise NetworkForbidden(f"look-up of {name}")
        return original(host, *args, **kwargs)

    return getaddrinfo


def _is_here(host: str) -> bool:
    if host in {"localhost", "", "0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False
