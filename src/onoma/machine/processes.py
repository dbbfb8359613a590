"""Worker processes that end when their parent does, and the identification of processes and machines."""

from __future__ import annotations

import os
import platform
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context, parent_process, resource_tracker
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from typing import Any

from onoma.io.files import is_alive

_THREADS_VARIABLE = "OMP_NUM_THREADS"
_SIGKILL = 9
"""Signal of a system that kills a process because memory is short; `signal` does not have it on Windows."""


MAIN_GUARD_ADVICE = 'a script must call this below `if __name__ == "__main__":`'
"""Advice if worker processes die before they begin, since each of them imports the calling script."""


class WorkerProcess:
    """A spawned (not forked) process that is connected to its parent by a pipe.

    Args:
        work: picklable function that the process runs; called with the worker's end of the pipe, then ``arguments``.
        arguments: picklable arguments of ``work``.
        threads: value of OMP_NUM_THREADS in the process; None to inherit that of the parent.

    Attributes:
        pipe: the parent's end of the pipe; at end of file once the process has died.
        process: the underlying :mod:`multiprocessing` process.
    """

    def __init__(self, work: Callable[..., None], *arguments: Any, threads: int | None = None) -> None:
        context = get_context("spawn")
        self.pipe, worker_pipe = context.Pipe()
        self.process = context.Process(target=_run_worker, args=(work, worker_pipe, *arguments), daemon=True)
        try:
            with _defer_sigint(), _set_environment_variable(_THREADS_VARIABLE, threads):
                self.process.start()
        except KeyboardInterrupt:
            if self.process.pid is not None:
                self.terminate()
                self.join()
            raise
        worker_pipe.close()

    def receive(self) -> Any:
        """Receive the next message of the process, which is not None; return None if it has died, and join it."""
        try:
            return self.pipe.recv()
        except (EOFError, ConnectionError):
            self.join()
            return None

    def terminate(self) -> None:
        """Send SIGTERM if the process is still running; to stop several, terminate all before waiting for the first."""
        if not self.pipe.closed and self.process.is_alive():
            self.process.terminate()

    def join(self) -> None:
        """Wait until the process has ended, and close the pipe."""
        self.process.join()
        self.pipe.close()

    @property
    def exit_reason(self) -> str:
        """Signal that ended the process, or its exit status, as text, with the likely cause of SIGKILL."""
        code = self.process.exitcode or 0
        if code >= 0:
            return f"exit status {code}"
        return f"signal {-code}{', probably for lack of memory' if code == -_SIGKILL else ''}"


def _run_worker(work: Callable[..., None], pipe: Connection, *arguments: Any) -> None:
    # Ctrl-C sends SIGINT to all processes of a terminal; only the parent handles it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
    Thread(target=_end_with_parent, daemon=True).start()
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    work(pipe, *arguments)


def _end_with_parent() -> None:
    """Exit as soon as the parent has ended, so that a resumed job does not meet workers of the killed one."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _defer_sigint() -> Iterator[None]:
    """Receive Ctrl-C only after this context; processes that start in it do not receive it until they unblock it."""
    if sys.platform == "win32":
        yield
        return
    resource_tracker.ensure_running()  # when it starts, it unblocks the signal
    previous_mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, previous_mask)


@contextmanager
def _set_environment_variable(name: str, value: int | None) -> Iterator[None]:
    """Set an environment variable for processes started in this context; None to leave it unchanged."""
    if value is None:
        yield
        return
    previous_value = os.environ.get(name)
    os.environ[name] = str(value)
    try:
        yield
    finally:
        if previous_value is None:
            del os.environ[name]
        else:
            os.environ[name] = previous_value


def this_machine() -> str:
    """Return a name that is unique among all machines, and all containers on this machine, at any one time."""
    namespace = _read_link(Path("/proc/self/ns/pid"))
    return " ".join(filter(None, [platform.node(), namespace]))


def process_identity(process: int) -> str | None:
    """Return a mark that distinguishes a process from later processes with the same id; None if it is not running.

    The mark consists of the id and the start time, or of the id alone on systems without ``/proc``.
    """
    status = Path(f"/proc/{process}/stat")
    if status.parent.parent.joinpath("self").exists():
        try:
            fields = status.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] in "ZX" else f"{process} since {fields[19]}"
    return str(process) if is_alive(process) else None


def _read_link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""
