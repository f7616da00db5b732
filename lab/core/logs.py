"""The log: one JSON object a line on stderr, so that no text from people can forge a line of its own."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import Processor

QUERY = re.compile(r"\?.*", re.DOTALL)


def configure() -> None:
    """Our lines, and those that libraries write through `logging`.

    Traces are plain text inside the object: no values of local variables, which hold people's texts.
    """
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, *_CLEANING],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        # Asked at each line: whoever replaces stderr (a server that daemonises, a test) is heard.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
    root = logging.getLogger()
    if _lines not in root.handlers:
        root.addHandler(_lines)


def take_over(library: logging.Logger) -> None:
    """Makes a logger that keeps handlers of its own write our lines, and no others."""
    library.handlers[:] = [_lines]


class _Lines(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(f"{self.format(record)}\n")
        except Exception:  # as every handler: a line that cannot be written ends no request
            self.handleError(record)


def _without_queries(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Libraries name whole addresses; what stands behind the question mark may be somebody's name or search."""
    line["event"] = QUERY.sub("?…", str(line["event"]))
    return line


_CLEANING: list[Processor] = [
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _without_queries,
    structlog.processors.format_exc_info,
    structlog.processors.JSONRenderer(),
]
_lines = _Lines()
_lines.setFormatter(ProcessorFormatter(processors=[ProcessorFormatter.remove_processors_meta, *_CLEANING]))
