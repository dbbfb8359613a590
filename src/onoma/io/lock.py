"""A lock between processes, which the operating system releases when its holder ends, even after a crash."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from onoma.errors import InputError


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock on a file; the file and its folder are created if necessary, and the file is removed at the end.

    A file ``NAME.holder`` next to it names the process that holds the lock, because a locked file cannot be read on
    Windows. While it holds the lock, the process may remove both files; on Windows, where an open file cannot be
    removed, only the second.

    Raises:
        InputError: another process holds the lock.
    """
    holder = path.with_name(f"{path.name}.holder")
    lock = _acquire_lock(path, holder)
    try:
        holder.write_text(f"process {os.getpid()} on {platform.node()}", encoding="utf-8")
        yield
    finally:
        with suppress(OSError):
            holder.unlink(missing_ok=True)
            # Before the release, as the file could be another process's afterwards; fails on Windows, where the
            # release removes it.
            path.unlink(missing_ok=True)
        lock.release()


def _acquire_lock(path: Path, holder: Path) -> FileLock:
    lock = FileLock(path)
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(blocking=False)
            return lock
        except FileNotFoundError:
            continue  # another process has just finished and removed the folder
        except Timeout:
            if not path.exists():
                continue  # another process has just finished and removed the file
            name = holder.read_text(encoding="utf-8") if holder.is_file() else "another process"
            raise InputError(
                f"{path.parent.parent}: another run is writing to this output folder ({name}); wait for it or stop "
                "it, or name another folder"
            ) from None
