"""Runs something in a process of its own that dies, or whose disk is full, at a chosen call of the file system.

The calls are those that Python's audit hooks tell of before they are made: opening, renaming, linking, removing,
truncating, listing; and `os.fsync`. Only where there is `os.fork`: everything is imported once, so that a thousand
deaths take a minute.
"""

from __future__ import annotations

import errno
import os
import resource
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from support.alarm import alarm

FILE_CALLS = frozenset(
    ["open", "os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.scandir", "os.listdir"]
)
WRITING_CALLS = frozenset(["os.rename", "os.link", "os.mkdir", "os.fsync"])
_FAILED = 9


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended.

    Attributes:
        calls: of the file system, below its folder.
        killed: by a signal.
        failed: with an exception.
        message: of the exception.
    """

    calls: int
    killed: bool
    failed: bool
    message: str


def run(
    work: Callable[[], object],
    *,
    below: Path,
    die_at: int | None = None,
    full_at: int | None = None,
    largest: int | None = None,
    seconds: float | None = None,
) -> Ended:
    """Do something in a fork.

    Args:
        work: what is done.
        below: calls count that concern this folder.
        die_at: the call before which the process is killed, counted from 1.
        full_at: the call that writes from which on the disk is full, counted from 1.
        largest: bytes that a file may have; more cannot be written.
        seconds: after which the process is killed from outside.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _work(work, writing, below=below, die_at=die_at, full_at=full_at, largest=largest)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe, alarm(seconds, lambda: os.kill(child, signal.SIGKILL)):
        told = pipe.read()
    _, status = os.waitpid(child, 0)
    message = told.partition(b"!")[2].decode()
    killed = os.WIFSIGNALED(status)
    return Ended(told.partition(b"!")[0].count(b"."), killed, not killed and os.WEXITSTATUS(status) == _FAILED, message)


def _work(
    work: Callable[[], object],
    pipe: int,
    *,
    below: Path,
    die_at: int | None,
    full_at: int | None,
    largest: int | None,
) -> None:
    calls = writes = 0

    def called(*, writes_too: bool) -> None:
        nonlocal calls, writes
        calls += 1
        os.write(pipe, b".")
        if calls == die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        if writes_too:
            writes += 1
            if full_at is not None and writes >= full_at:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event not in FILE_CALLS:
            return
        path = arguments[0]
        if isinstance(path, str | bytes | os.PathLike):
            if not Path(os.fsdecode(path)).absolute().is_relative_to(below):
                return
        elif event != "os.truncate":
            return
        mode = arguments[1] if event == "open" else None
        called(writes_too=event in WRITING_CALLS or (isinstance(mode, str) and mode[:1] in ("w", "x", "a")))

    def fsync(fd: object) -> None:
        called(writes_too=True)  # and not made: what dies with a process is not what dies with a disk

    status = 0
    try:
        if largest is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
        os.fsync = fsync
        sys.addaudithook(hook)
        work()
    except BaseException as error:
        status = _FAILED
        os.write(pipe, f"!{type(error).__name__}: {error}".encode("utf-8", "backslashreplace"))
    finally:
        os._exit(status)
