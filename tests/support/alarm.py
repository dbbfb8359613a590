"""The system's alarm, around what may take too long."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def alarm(seconds: float | None, ring: Callable[[], object]) -> Iterator[None]:
    """Do something when a number of seconds has passed; nothing for None. Not on Windows."""
    if seconds is None:
        yield
        return
    before = signal.signal(signal.SIGALRM, lambda *_: ring())
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
