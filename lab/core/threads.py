"""The one way to do work of more than 20 ms of processor time inside a request without holding the loop."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import gevent
from gevent import monkey

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def off_the_loop(function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
    """Runs a pure computation in a native thread under gevent, directly elsewhere; returns or raises what it does."""
    if not monkey.is_module_patched("socket"):
        return function(*args, **kwargs)
    return gevent.get_hub().threadpool.apply(function, args, kwargs)
