"""One process at a time: a lock that the system lets go of when its holder dies, however it dies."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from onoma.errors import InputError


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of a file, which is made with its folder where it does not exist; the holder may remove it.

    Where a system or a file system has no locks nothing is locked.

    Raises:
        InputError: another process holds it.
    """
    file = _take(path)
    try:
        file.truncate(0)
        file.write(f"process {os.getpid()} on {platform.node()}\n")
        file.flush()
        yield
    finally:
        file.close()


def _take(path: Path) -> TextIO:
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            file = path.open("a+", encoding="utf-8")
        except FileNotFoundError:
            continue  # another process has just finished and removed the folder
        if not _lock(file):
            file.seek(0)
            holder = file.read().strip() or "another process"
            file.close()
            raise InputError(
                f"{path.parent.parent}: another run is writing to this output folder ({holder}); wait for it or stop "
                "it, or name another folder"
            )
        if _still_there(path, file):
            return file
        file.close()  # its holder has removed it between our opening and our locking


def _still_there(path: Path, file: TextIO) -> bool:
    try:
        return path.stat().st_ino == os.fstat(file.fileno()).st_ino
    except FileNotFoundError:
        return False


if sys.platform == "win32":

    def _lock(_file: TextIO) -> bool:
        return True

else:
    import fcntl

    def _lock(file: TextIO) -> bool:
        """Whether nobody else holds it."""
        with suppress(OSError):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        return True
