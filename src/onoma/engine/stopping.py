"""Requests to stop: the first Ctrl-C or SIGTERM ends training at a good moment, the second at once.

A process that was started to ignore Ctrl-C, such as a worker whose parent answers it, goes on ignoring it.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType


class StopNow(BaseException):
    """Raised where waiting for a good moment would take long; see :meth:`Stop.at_once`."""


class Stop:
    """Whether a stop was requested; a context in which signals are handled.

    Outside the main thread, where Python cannot handle signals, it handles none.

    Attributes:
        signal: the first that came; None so far.
    """

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        self._at_once = False
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> Stop:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                if signal.getsignal(number) != signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._hear)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._restore()

    def request(self) -> None:
        """Ask to stop as Ctrl-C does."""
        self.signal = self.signal or signal.SIGINT

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """In here a signal raises :class:`StopNow`."""
        self._at_once = True
        try:
            yield
        finally:
            self._at_once = False

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        self.signal = signal.Signals(number)
        self._restore()
        if self._at_once:
            raise StopNow

    def _restore(self) -> None:
        while self._before:
            number, handler = self._before.popitem()
            signal.signal(number, handler)  # type: ignore[arg-type]
