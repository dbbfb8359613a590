"""Reading of text files of any size, compressed or not, in blocks whose line ends are all line feeds."""

from __future__ import annotations

import codecs
from collections.abc import Generator
from io import IncrementalNewlineDecoder
from pathlib import Path

from onoma.errors import CorpusError
from onoma.io.compression import reading
from onoma.io.lines import codec_without_bom, likely_encoding

BLOCK_BYTES = 1 << 14


def blocks_of(path: Path, *, encoding: str) -> Generator[str]:
    """Yield the text of a file in blocks, with all line ends converted to line feeds.

    Args:
        path: path of the file.
        encoding: character encoding of the file; with UTF-8, a byte order mark is skipped.

    Raises:
        CorpusError: the file is missing, damaged, binary, or not in this encoding; for an undecodable byte, the message
            names line and byte.
    """
    bytes_decoder = codecs.getincrementaldecoder(codec_without_bom(encoding))()
    decoder = IncrementalNewlineDecoder(bytes_decoder, translate=True)
    line, offset = 1, 0
    with reading(path) as file:
        while True:
            block = file.read(BLOCK_BYTES)
            pending_bytes = len(bytes_decoder.getstate()[0])
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                raise _make_decoding_error(path, encoding, error, line=line, offset=offset - pending_bytes) from None
            offset += len(block)
            if "\0" in text:
                line += text.count("\n", 0, text.index("\0"))
                message = "holds a NUL byte, so it is not a text file in this encoding; leave it out, or if it is "
                raise CorpusError(f"{message}UTF-16, say so (--encoding utf-16)", path=path, line=line)
            if text:
                line += text.count("\n")
                yield text
            if not block:
                return


def _make_decoding_error(
    path: Path, encoding: str, error: UnicodeDecodeError, *, line: int, offset: int
) -> CorpusError:
    """Return the error for a byte that is invalid in the encoding.

    Args:
        path: path of the file.
        encoding: character encoding of the file.
        error: error of the decoder, which contains the undecoded bytes.
        line: number of the line in which these bytes begin.
        offset: offset of these bytes in the file.
    """
    data: bytes = error.object
    byte = f"byte 0x{data[error.start]:02x} at byte {offset + error.start + 1:,} of the file is not {encoding.upper()}"
    suggestion = likely_encoding(data, from_start=offset == 0)
    message = f"{byte}; convert the file, or name its encoding (--encoding {suggestion}, or encoding={suggestion!r})"
    return CorpusError(message, path=path, line=line + data.count(b"\n", 0, error.start))
