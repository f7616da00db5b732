"""Counting what is sent to the database."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event


class Counted(list[str]):
    """The statements seen, in order."""

    def __str__(self) -> str:
        return "\n---\n".join(" ".join(statement.split()) for statement in self)


@contextmanager
def counting() -> Iterator[Counted]:
    """Collects every statement this thread sends while the block runs."""
    seen, here = Counted(), threading.get_ident()

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if threading.get_ident() == here:
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)
