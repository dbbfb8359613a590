"""One process at a time: a lock that the system releases when its holder dies, however it dies."""

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
    """Hold the lock of a file, which is made with its folder where it does not exist and removed at the end.

    A file ``NAME.holder`` next to it says who holds it: on Windows a locked file cannot be read. Meanwhile the
    holder may remove both, and on Windows, where an open file cannot be removed, the second.

    Raises:
        InputError: another process holds it.
    """
    holder = path.with_name(f"{path.name}.holder")
    lock = _take(path, holder)
    try:
        holder.write_text(f"process {os.getpid()} on {platform.node()}", encoding="utf-8")
        yield
    finally:
        with suppress(OSError):
            holder.unlink(missing_ok=True)
            path.unlink(missing_ok=True)  # while it is held, or it could be another one's; Windows does it afterwards
        lock.release()


def _take(path: Path, holder: Path) -> FileLock:
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
                continue  # or the file
            name = holder.read_text(encoding="utf-8") if holder.is_file() else "another process"
            raise InputError(
                f"{path.parent.parent}: another run is writing to this output folder ({name}); wait for it or stop "
                "it, or name another folder"
            ) from None
