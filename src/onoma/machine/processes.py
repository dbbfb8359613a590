"""A process of its own that does one thing after another as it is told, and ends when its parent does."""

from __future__ import annotations

import os
import platform
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread, current_thread, main_thread
from typing import Any

from onoma.io.files import is_alive

_THREADS = "OMP_NUM_THREADS"


class WorkerProcess:
    """A new process, started afresh (not forked), with a pipe to it.

    Args:
        work: what it does, a function that can be pickled; called with the other end of the pipe, then the arguments.
        arguments: can be pickled too.
        threads: for its computations; by default as this process has it.

    Attributes:
        pipe: what it sends is received here. It is at its end when the process has died.
    """

    def __init__(self, work: Callable[..., None], *arguments: Any, threads: int | None = None) -> None:
        context = get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(work, theirs, *arguments), daemon=True)
        # Ctrl-C goes to all processes of a terminal; the parent alone answers it.
        with _deaf_to_interrupts(), _environment(_THREADS, threads):
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


@contextmanager
def _environment(name: str, value: int | None) -> Iterator[None]:
    """A variable that processes started meanwhile inherit; None to leave it."""
    if value is None:
        yield
        return
    before = os.environ.get(name)
    os.environ[name] = str(value)
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def this_machine() -> str:
    """A name that no other machine, and no other container on this one, has at the same time."""
    namespace = _link(Path("/proc/self/ns/pid"))
    return " ".join(filter(None, [platform.node(), namespace]))


def process_mark(process: int) -> str | None:
    """What tells a process of this machine from one that gets the same id later; None where it is not there.

    Where the system does not say when a process has begun, it is the id alone.
    """
    status = Path(f"/proc/{process}/stat")
    if status.parent.parent.joinpath("self").exists():
        try:
            fields = status.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] in "ZX" else f"{process} since {fields[19]}"
    return str(process) if is_alive(process) else None


def _link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""
