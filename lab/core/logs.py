"""The log: one JSON object a line on stderr, so that no text from people can forge a line of its own."""

import logging
import sys

import structlog


def configure() -> None:
    """Traces are plain text inside the object: no values of local variables, which hold people's texts."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        # Asked at each line: whoever replaces stderr (a server that daemonises, a test) is heard.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
