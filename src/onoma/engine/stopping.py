"""Stop requests: the first Ctrl-C or SIGTERM ends training cleanly, the second one ends the process immediately.

Training ends after the current step; an evaluation is interrupted.
A signal that the process ignores already stays ignored, such as Ctrl-C in a worker process whose parent handles it.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType


class StopNow(BaseException):
    """Raised by a signal inside :meth:`Stop.at_once`, where a deferred stop would take too long."""


class Stop:
    """A context manager that records stop requests from signals.

    Outside the main thread, where Python cannot set signal handlers, signals are not handled.

    Attributes:
        signal: signal that requested the stop; None if there was none.
    """

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        self._raise_at_once = False
        self._previous_handlers: dict[signal.Signals, object] = {}

    def __enter__(self) -> Stop:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                if signal.getsignal(number) != signal.SIG_IGN:
                    self._previous_handlers[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._restore_handlers()

    def request(self) -> None:
        """Request a stop, like Ctrl-C."""
        self.signal = self.signal or signal.SIGINT

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Raise :class:`StopNow` as soon as a signal arrives inside this context."""
        self._raise_at_once = True
        try:
            yield
        finally:
            self._raise_at_once = False

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self.signal = signal.Signals(number)
        self._restore_handlers()
        if self._raise_at_once:
            raise StopNow

    def _restore_handlers(self) -> None:
        while self._previous_handlers:
            number, handler = self._previous_handlers.popitem()
            signal.signal(number, handler)  # type: ignore[arg-type]
