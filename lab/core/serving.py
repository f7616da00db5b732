"""How gunicorn serves the pages. Gunicorn reads this module as its settings (`python:lab.core.serving`)."""

import gc
import signal
import sys
from typing import Any

from psycogreen.gevent import patch_psycopg

from lab.core import logs

worker_class = "gevent"
worker_connections = 2000
# The control socket would be opened under HOME, which may be read-only or shared.
control_socket_disable = True
timeout = 60
graceful_timeout = 20
keepalive = 5
backlog = 2048
limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190
# Whom to believe about the visitor's address is decided once, by PROXY_HOPS, and not here as well.
forwarded_allow_ips = ""
accesslog = None
errorlog = "-"
loglevel = "warning"
proc_name = "lab-abierto"


def on_starting(server: Any) -> None:
    """Before anybody is served: what gunicorn says of a request is a line of our log."""
    logs.take_over(server.log.error_log)


def post_fork(server: Any, worker: Any) -> None:
    """What a new worker does before it loads the program."""
    # Until the worker sets its own handlers it has its parent's, which would swallow a request to stop:
    # the parent would then wait out the whole graceful timeout.
    for number in (signal.SIGTERM, signal.SIGQUIT, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    # psycopg2 waits in C: unpatched, one slow query would hold every page of the process.
    patch_psycopg()


def post_worker_init(worker: Any) -> None:
    """The program is loaded and stays: the collector need not walk through all of it again and again."""
    gc.collect()
    gc.freeze()


def command(*options: str) -> list[str]:
    """The command line that serves the pages; `options` go to gunicorn."""
    return [sys.executable, "-m", "gunicorn", "--config", "python:lab.core.serving", *options, "wsgi:app"]
