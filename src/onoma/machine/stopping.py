"""SIGTERM as an exception, so that whoever is stopped by it can end the processes that it has started."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType

from onoma.errors import StoppedError


@contextmanager
def stopped_by_sigterm(message: str) -> Iterator[None]:
    """In here the first SIGTERM raises an error; the second ends the process.

    Outside the main thread, where Python cannot handle signals, nothing changes.

    Args:
        message: of the error.

    Raises:
        StoppedError: SIGTERM came.
    """

    def stop(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        raise StoppedError(message)

    if current_thread() is not main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
