"""Sources that can be read only once: pipes, terminals, standard input.

Unlike a regular file, a pipe that is opened a second time has lost what the first reader consumed. Therefore each
source is opened once, and bytes that were read in advance are kept.
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
"""Path that stands for standard input."""

_SECONDS_FOR_A_WRITER = 10.0
_BLOCK_BYTES = 1 << 16
_OWN_DESCRIPTOR_PREFIXES = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/")


def can_be_read_again(path: Path) -> bool:
    """Return whether opening a path twice, in any process, gives the same content twice."""
    return (
        path != STANDARD_INPUT
        and not str(path).startswith(_OWN_DESCRIPTOR_PREFIXES)
        and (path.is_file() or path.is_dir())
    )


def is_read_once(path: Path) -> bool:
    """Return whether a path exists and can be read only once."""
    return path == STANDARD_INPUT or (path.exists() and not can_be_read_again(path))


def need_file(path: Path) -> None:
    """Check that a path, if it exists, can be read more than once.

    Raises:
        CorpusError: the path is standard input, a pipe or a device.
    """
    if is_read_once(path):
        raise CorpusError("can be read only once, and has to be read more often; save it as a file first", path=path)


class ReadOnce:
    """A source that can be read only once, of which the beginning can be inspected in advance.

    Args:
        path: path of a pipe or terminal, or ``-`` for standard input.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BinaryIO | None = None
        self._head = b""

    def head(self, *, lines: int, size: int) -> bytes:
        """Return the beginning of the source without consuming it.

        Blocks are read until there are at least ``lines`` lines or ``size`` bytes, or the source ends.
        """
        file = self._open()
        while self._head.count(b"\n") < lines and len(self._head) < size:
            block = _read_available(file)
            if not block:
                break
            self._head += block
        return self._head

    @contextmanager
    def reading(self) -> Iterator[BinaryIO]:
        """Yield a stream of the whole source from its beginning."""
        with closing(self), BufferedReader(_ChainedStream(self._head, self._open())) as file:
            yield file

    def close(self) -> None:
        """Close the source without reading the rest."""
        if self._file is not None:
            self._file.close()

    def _open(self) -> BinaryIO:
        if self._file is None:
            self._file = _standard_input() if self.path == STANDARD_INPUT else _open_pipe(self.path)
        return self._file


def _standard_input() -> BinaryIO:
    """Return standard input as a binary file.

    Raises:
        InputError: standard input is closed.
    """
    if sys.stdin is None or sys.stdin.closed:
        raise InputError("standard input is closed; name a file, or give a text")
    try:
        # A separate file object, as the interpreter cannot exit while a thread waits for input from sys.stdin.
        return os.fdopen(os.dup(sys.stdin.fileno()), "rb")
    except OSError:
        return sys.stdin.buffer


class _ChainedStream(RawIOBase):
    """Stream of some bytes followed by the rest of a file."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._pending = memoryview(head)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        block = self._pending or memoryview(_read_available(self._rest))
        chunk = block[: len(buffer)]
        buffer[: len(chunk)] = chunk
        self._pending = block[len(chunk) :]
        return len(chunk)

    def close(self) -> None:
        self._rest.close()
        super().close()


def _read_available(file: BinaryIO) -> bytes:
    """Return the bytes available now, or wait for the next ones; empty at the end of the file."""
    if isinstance(file, BufferedReader):
        return file.read1(_BLOCK_BYTES)
    return file.read(_BLOCK_BYTES)


def _open_pipe(path: Path) -> BinaryIO:
    """Open a source; a named pipe must have a writer within a few seconds.

    Raises:
        CorpusError: no process writes to the pipe.
    """
    if not path.is_fifo() or str(path).startswith(_OWN_DESCRIPTOR_PREFIXES):
        return path.open("rb")
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb", buffering=0)
    deadline = time.monotonic() + _SECONDS_FOR_A_WRITER
    while (first := file.read(_BLOCK_BYTES)) == b"":  # None if a writer has opened it but has not written yet
        if time.monotonic() >= deadline:
            file.close()
            raise CorpusError("is a pipe that nothing writes to; start what writes to it first", path=path)
        time.sleep(0.02)
    os.set_blocking(file.fileno(), True)
    return BufferedReader(_ChainedStream(first or b"", BufferedReader(file)))
