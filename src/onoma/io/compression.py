"""Reading and writing of compressed files, independent of content.

The last suffix of a file determines its compression: ``.gz`` and ``.zst`` are read and written, ``.xz`` is only read.
"""

from __future__ import annotations

import gzip
import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from onoma.errors import CorpusError, optional_import
from onoma.io.once import ReadOnce

if TYPE_CHECKING:
    from types import ModuleType

_READ_BYTES = 1 << 16
_DECOMPRESS_BYTES = 1 << 10


@contextmanager
def reading(path: Path, *, once: ReadOnce | None = None) -> Iterator[BinaryIO]:
    """Open a file and yield a stream of its decompressed bytes.

    Args:
        path: path of the file.
        once: source to read instead of opening the path, if the path can be read only once.

    Raises:
        CorpusError: the file is missing, a folder, damaged, truncated, or needs too much memory to decompress.
        MissingExtraError: the file is compressed with Zstandard, and zstandard is not installed.
    """
    suffix = path.suffix.lower()
    try:
        with path.open("rb") if once is None else once.reading() as file:
            if suffix == ".gz":
                with gzip.open(file) as stream:
                    yield cast("BinaryIO", stream)
            elif suffix == ".xz":
                with lzma.open(file) as stream:
                    yield cast("BinaryIO", stream)
            elif suffix == ".zst":
                yield cast("BinaryIO", BufferedReader(_ZstdFrameReader(file)))
            else:
                yield file
    except (EOFError, gzip.BadGzipFile) as error:
        raise CorpusError(f"is damaged or cut short ({error}); copy it again", path=path) from error
    except OSError as error:
        if path.is_dir():
            raise CorpusError("is a folder; expected a file", path=path) from None
        raise CorpusError(f"cannot be read: {error.strerror or error}", path=path) from error
    except _WindowError:
        message = "needs more than 128 MiB to be unpacked; compress it again without --long or --ultra"
        raise CorpusError(message, path=path) from None
    except (lzma.LZMAError, zlib.error) as error:
        raise CorpusError(f"is damaged ({error}); copy it again", path=path) from error


@contextmanager
def compressing(file: BinaryIO, *, suffix: str) -> Iterator[BinaryIO]:
    """Yield a stream that compresses to a file as the suffix determines; equal input gives equal output."""
    if suffix == ".gz":
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as stream:
            yield cast("BinaryIO", stream)
    elif suffix == ".zst":
        with _import_zstandard().ZstdCompressor().stream_writer(file, closefd=False) as stream:
            yield cast("BinaryIO", stream)
    else:
        yield file


def check_compression_available(suffix: str) -> None:
    """Check that the library for the compression of a suffix is installed.

    Raises:
        MissingExtraError: the library is not installed.
    """
    if suffix == ".zst":
        _import_zstandard()


class _WindowError(Exception):
    """Raised for a frame that needs a larger Zstandard window than the library allows."""


class _ZstdFrameReader(RawIOBase):
    """Stream of concatenated Zstandard frames.

    Unlike the library's reader, it raises an error if the last frame is truncated. Only a few bytes are decompressed at
    a time, because four bytes can expand to 128 KiB. A frame that needs a larger Zstandard window than the library's
    limit of 128 MiB raises an error.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._library = _import_zstandard()
        self._decompressor: Any = None
        self._compressed = memoryview(b"")
        self._decompressed = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._decompressed:
            block = self._decompress_block()
            if block is None:
                return 0
            self._decompressed = memoryview(block)
        chunk = self._decompressed[: len(buffer)]
        buffer[: len(chunk)] = chunk
        self._decompressed = self._decompressed[len(chunk) :]
        return len(chunk)

    def _decompress_block(self) -> bytes | None:
        if not self._compressed:
            self._compressed = memoryview(self._file.read(_READ_BYTES))
        if not self._compressed:
            if self._decompressor is not None and not self._decompressor.eof:
                raise EOFError("it ends within a frame")
            return None
        if self._decompressor is None or self._decompressor.eof:
            self._decompressor = self._library.ZstdDecompressor().decompressobj()
        step = self._compressed[:_DECOMPRESS_BYTES]
        try:
            block = cast("bytes", self._decompressor.decompress(step))
        except self._library.ZstdError as error:
            raise (_WindowError if "too much memory" in str(error) else EOFError)(str(error)) from error
        unused_bytes = len(self._decompressor.unused_data) if self._decompressor.eof else 0
        self._compressed = self._compressed[len(step) - unused_bytes :]
        return block


def _import_zstandard() -> ModuleType:
    with optional_import("reading and writing .zst", extra="bulk"):
        import zstandard
    return zstandard
