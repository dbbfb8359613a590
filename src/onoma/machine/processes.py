"""A process of its own that does one thing after another as it is told, and ends when its parent does."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection
from threading import Thread, current_thread, main_thread
from typing import Any


class WorkerProcess:
    """A new process, started afresh (not forked), with a pipe to it.

    Args:
        work: what it does, a function that can be pickled; called with the other end of the pipe, then the arguments.
        arguments: can be pickled too.

    Attributes:
        pipe: what it sends is received here. It is at its end when the process has died.
    """

    def __init__(self, work: Callable[..., None], *arguments: Any) -> None:
        context = get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(work, theirs, *arguments), daemon=True)
        # Ctrl-C goes to all processes of a terminal; the parent alone answers it.
        with _deaf_to_interrupts():
            self.process.start()
        theirs.close()

    def end(self, *, at_once: bool) -> None:
        """Wait for its end.

        Args:
            at_once: ask it with SIGTERM to end now, if it has not ended yet.
        """
        if at_once and self.process.is_alive() and not self.pipe.closed:
            self.process.terminate()
        self.process.join()
        self.pipe.close()

    @property
    def how_it_ended(self) -> str:
        """The signal that ended it, or its exit status."""
        code = self.process.exitcode or 0
        return f"signal {-code}" if code < 0 else f"exit status {code}"


def _work(work: Callable[..., None], pipe: Connection, *arguments: Any) -> None:
    Thread(target=_end_with_parent, daemon=True).start()
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    work(pipe, *arguments)


def _end_with_parent() -> None:
    """Whoever resumes what was killed must not meet a worker of the killed one."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    if current_thread() is not main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
