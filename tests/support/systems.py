"""macOS and Windows as far as Linux can feign them: names that they lack, and what they refuse to do."""

from __future__ import annotations

import csv
import errno
import multiprocessing.connection
import os
import shutil
import signal
import stat
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection, _ConnectionBase
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from onoma.machine import processor

_LINUX_ALONE = (
    "sched_getaffinity",
    "sched_setaffinity",
    "sched_getscheduler",
    "posix_fadvise",
    "memfd_create",
)
_POSIX_ALONE = (
    *("fork", "forkpty", "getuid", "geteuid", "getgid", "getegid", "getpgid", "setpgid", "getsid", "setsid", "killpg"),
    *("chown", "lchown", "mkfifo", "mknod", "nice", "wait", "wait3", "wait4", "statvfs", "sync", "pread", "pwrite"),
)
_SIGNALS_OF_POSIX = ("SIGALRM", "SIGHUP", "SIGKILL", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGCHLD", "SIGPIPE")

_OTHERWISE_THERE = ("tempfile", "filelock")
"""Modules whose code for Windows is another one."""


def feign_macos(patch: pytest.MonkeyPatch) -> None:
    """No binding of processes to cores, no ``/proc``."""
    patch.setattr(processor, "_CPUINFO", Path("/no/proc"))
    processor.find_processor.cache_clear()
    for name in _LINUX_ALONE:
        patch.delattr(os, name, raising=False)


def feign_windows(patch: pytest.MonkeyPatch) -> None:
    """The same; no signals but those of C; open or mapped files that are neither removed, nor renamed, nor replaced;
    folders that cannot be opened; no synchronising of what was opened to read; numbers of C with 32 bits; pipes of a
    class that is not `Connection`; and no symbolic links.
    """
    feign_macos(patch)
    for name in _POSIX_ALONE:
        patch.delattr(os, name, raising=False)
    for name in _SIGNALS_OF_POSIX:
        patch.delattr(signal, name, raising=False)
    patch.setattr(shutil, "_use_fd_functions", False)
    for name in ("unlink", "remove", "rename", "replace"):
        patch.setattr(os, name, _refusing(getattr(os, name), places=1 if name in ("unlink", "remove") else 2))
    patch.setattr(os, "open", _opening(os.open))
    patch.setattr(os, "symlink", _refusing_links)
    patch.setattr(os, "fsync", _synchronising(os.fsync))
    patch.setattr(csv, "field_size_limit", _limiting(csv.field_size_limit))
    patch.setattr(FileLock, "_release", _removing(FileLock._release))
    patch.setattr(multiprocessing.connection, "Pipe", _piping(multiprocessing.connection.Pipe))


def held_files() -> set[str]:
    """Files that this process has open or mapped."""
    found = set()
    for handle in Path("/proc/self/fd").iterdir():
        try:
            if stat.S_ISREG(handle.stat().st_mode):
                found.add(str(handle.readlink()))
        except OSError:
            continue
    maps = Path("/proc/self/maps").read_text(encoding="utf-8", errors="surrogateescape")
    return found | {line.split(maxsplit=5)[5] for line in maps.splitlines() if " /" in line}


def _refusing(function: Callable[..., Any], *, places: int) -> Callable[..., Any]:
    def refusing(*arguments: Any, **named: Any) -> Any:
        caller = sys._getframe(1)
        through_path = sys._getframe(2)
        for frame in (caller, through_path):
            if frame.f_globals["__name__"].startswith(_OTHERWISE_THERE):
                return function(*arguments, **named)
        held = held_files()
        for place in arguments[:places]:
            real = os.path.realpath(place)
            if any(file == real or file.startswith(real + os.sep) for file in held):
                raise PermissionError(errno.EACCES, "is being used by another process", os.fspath(place))
        return function(*arguments, **named)

    return refusing


def _refusing_links(target: Any, path: Any, **named: Any) -> None:
    raise OSError(errno.EPERM, "A required privilege is not held by the client", os.fspath(path))


def _opening(function: Callable[..., int]) -> Callable[..., int]:
    def opening(path: Any, *arguments: Any, **named: Any) -> int:
        if os.path.isdir(path):  # noqa: PTH112
            raise PermissionError(errno.EACCES, "Permission denied", os.fspath(path))
        return function(path, *arguments, **named)

    return opening


def _synchronising(function: Callable[[int], None]) -> Callable[[int], None]:
    def synchronising(handle: int) -> None:
        import fcntl

        if fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, "Bad file descriptor")
        function(handle)

    return synchronising


def _removing(function: Callable[[FileLock], None]) -> Callable[[FileLock], None]:
    """There the lock's file is removed by the library, once it is closed."""

    def removing(lock: FileLock) -> None:
        function(lock)
        Path(lock.lock_file).unlink(missing_ok=True)

    return removing


def _limiting(function: Callable[..., int]) -> Callable[..., int]:
    def limiting(*limit: int) -> int:
        if limit and limit[0] >= 1 << 31:
            raise OverflowError("Python int too large to convert to C long")
        return function(*limit)

    return limiting


_PipeConnection = type(
    "PipeConnection",
    (_ConnectionBase,),
    {name: value for name, value in vars(Connection).items() if callable(value)},
)


def _piping(function: Callable[..., tuple[Connection, Connection]]) -> Callable[..., tuple[Any, Connection]]:
    """The other end stays as it is, since a worker process receives it as Linux does."""

    def piping(*arguments: Any) -> tuple[Any, Connection]:
        ours, theirs = function(*arguments)
        feigned = _PipeConnection(os.dup(ours.fileno()))
        ours.close()
        return feigned, theirs

    return piping
