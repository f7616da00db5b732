"""Child processes that end when their parent does, however it ends."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1
# Loaded once, before any fork: between fork and exec nothing may be imported.
_libc = ctypes.CDLL(None) if sys.platform.startswith("linux") else None


def leash(ending: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn`: the kernel sends `ending` to the child once the thread that started it is gone.

    Only Linux can do this; elsewhere the next start clears what was left (see `embedded`).
    """
    parent = os.getpid()

    def attach() -> None:
        if _libc is None:
            return
        _libc.prctl(PR_SET_PDEATHSIG, int(ending))
        if os.getppid() != parent:  # the parent died before the leash held
            os._exit(1)

    return attach


def end(process: subprocess.Popen[bytes], steps: list[tuple[signal.Signals, float]]) -> None:
    """Sends each signal in turn, waiting its seconds, until the child has ended; SIGKILL comes last."""
    for ending, patience in [*steps, (signal.SIGKILL, 10.0)]:
        if process.poll() is not None:
            return
        process.send_signal(ending)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue
