"""The text of a file of any size, compressed or not, in blocks; with line feeds as the only line ends."""

from __future__ import annotations

import codecs
from collections.abc import Generator
from io import IncrementalNewlineDecoder
from pathlib import Path

from onoma.errors import CorpusError
from onoma.io.compression import reading
from onoma.io.lines import skipping_mark

BLOCK_BYTES = 1 << 14


def blocks_of(path: Path, *, encoding: str) -> Generator[str]:
    """The text of a file.

    Args:
        path: the file.
        encoding: its character encoding; a byte order mark is skipped where it is UTF-8.

    Raises:
        CorpusError: the file is missing, damaged, binary, or not in this encoding; names line and byte.
    """
    bytes_decoder = codecs.getincrementaldecoder(skipping_mark(encoding))()
    decoder = IncrementalNewlineDecoder(bytes_decoder, translate=True)
    line, place = 1, 0
    with reading(path) as file:
        while True:
            block = file.read(BLOCK_BYTES)
            waiting = len(bytes_decoder.getstate()[0])
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                raise _undecodable(path, encoding, error, line=line, place=place - waiting) from None
            place += len(block)
            if "\0" in text:
                line += text.count("\n", 0, text.index("\0"))
                message = "holds a NUL byte, so it is not a text file in this encoding; leave it out, or if it is "
                raise CorpusError(f"{message}UTF-16, say so (--encoding utf-16)", path=path, line=line)
            if text:
                line += text.count("\n")
                yield text
            if not block:
                return


def _undecodable(path: Path, encoding: str, error: UnicodeDecodeError, *, line: int, place: int) -> CorpusError:
    """The error for a byte that the encoding does not have there.

    Args:
        line: the line in which the block begins.
        place: byte of the file at which the block begins.
    """
    data: bytes = error.object
    byte = f"byte 0x{data[error.start]:02x} at byte {place + error.start + 1:,} of the file is not {encoding.upper()}"
    is_utf16 = place == 0 and data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    other = "utf-16" if is_utf16 else "latin1"
    message = f"{byte}; convert the file, or name its encoding (--encoding {other}, or encoding={other!r})"
    return CorpusError(message, path=path, line=line + data.count(b"\n", 0, error.start))
