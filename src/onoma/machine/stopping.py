"""SIGTERM as an exception, so that a process that is stopped can end the processes it has started."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType

from onoma.errors import StoppedError


@contextmanager
def raise_on_sigterm(message: str) -> Iterator[None]:
    """Raise an error on the first SIGTERM received in this context; a second SIGTERM ends the process.

    Outside the main thread, where Python cannot handle signals, this context manager has no effect.

    Args:
        message: message of the error.

    Raises:
        StoppedError: SIGTERM was received.
    """

    def handle_sigterm(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        raise StoppedError(message)

    if current_thread() is not main_thread():
        yield
        return
    previous_handler = signal.signal(signal.SIGTERM, handle_sigterm)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous_handler)
