"""Files that can be read once only: pipes, terminals, standard input. Each is opened once, and what was seen is kept.

A regular file can be opened again and begins anew; a pipe that is opened a second time has lost what the first reader
took.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import BinaryIO

from onoma.errors import CorpusError, InputError

STANDARD_INPUT = Path("-")
"""What standard input is called among files."""

_SECONDS_FOR_A_WRITER = 10.0
_BLOCK_BYTES = 1 << 16
_OF_THIS_PROCESS = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/")


def can_be_read_again(path: Path) -> bool:
    """Whether opening a path twice, in any process, gives the same content twice."""
    return path != STANDARD_INPUT and not str(path).startswith(_OF_THIS_PROCESS) and (path.is_file() or path.is_dir())


def is_read_once(path: Path) -> bool:
    """Whether there is something that can be read only once."""
    return path == STANDARD_INPUT or (path.exists() and not can_be_read_again(path))


def need_file(path: Path) -> None:
    """Check that what is there, if anything, can be read more than once.

    Raises:
        CorpusError: it is a pipe or a device.
    """
    if is_read_once(path):
        raise CorpusError("can be read only once, and has to be read more often; save it as a file first", path=path)


class ReadOnce:
    """Something that can be read once.

    Args:
        path: a pipe, a terminal or ``-``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BinaryIO | None = None
        self._head = b""

    def head(self, *, lines: int, size: int) -> bytes:
        """The first lines, or fewer where there are not as many within so many bytes; they will still be read."""
        file = self._opened()
        while self._head.count(b"\n") < lines and len(self._head) < size:
            block = _available(file)
            if not block:
                break
            self._head += block
        return self._head

    @contextmanager
    def reading(self) -> Iterator[BinaryIO]:
        """All of it, from the beginning."""
        with closing(self), BufferedReader(_Chained(self._head, self._opened())) as file:
            yield file

    def close(self) -> None:
        """Leave the rest unread."""
        if self._file is not None:
            self._file.close()

    def _opened(self) -> BinaryIO:
        if self._file is None:
            self._file = _standard_input() if self.path == STANDARD_INPUT else _open_pipe(self.path)
        return self._file


def _standard_input() -> BinaryIO:
    """Standard input as bytes.

    Raises:
        InputError: it is closed.
    """
    if sys.stdin is None or sys.stdin.closed:
        raise InputError("standard input is closed; name a file, or give a text")
    try:
        # A file of its own: the interpreter cannot end while a thread waits for what is in sys.stdin.
        return os.fdopen(os.dup(sys.stdin.fileno()), "rb")
    except OSError:
        return sys.stdin.buffer


class _Chained(RawIOBase):
    """Some bytes, and then the rest of a file as it comes."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._waiting = memoryview(head)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        block = self._waiting or memoryview(_available(self._rest))
        taken = block[: len(buffer)]
        buffer[: len(taken)] = taken
        self._waiting = block[len(taken) :]
        return len(taken)

    def close(self) -> None:
        self._rest.close()
        super().close()


def _available(file: BinaryIO) -> bytes:
    """What is there now, or comes next; nothing at the end."""
    if isinstance(file, BufferedReader):
        return file.read1(_BLOCK_BYTES)
    return file.read(_BLOCK_BYTES)


def _open_pipe(path: Path) -> BinaryIO:
    """Open a pipe for which somebody writes, or begins to write soon."""
    if not path.is_fifo() or str(path).startswith(_OF_THIS_PROCESS):
        return path.open("rb")
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb", buffering=0)
    until = time.monotonic() + _SECONDS_FOR_A_WRITER
    while (first := file.read(_BLOCK_BYTES)) == b"":  # None where somebody has it open and has not written yet
        if time.monotonic() >= until:
            file.close()
            raise CorpusError("is a pipe that nothing writes to; start what writes to it first", path=path)
        time.sleep(0.02)
    os.set_blocking(file.fileno(), True)
    return BufferedReader(_Chained(first or b"", BufferedReader(file)))
