"""Reading of text files as decoded lines with line numbers, independent of content.

A line ends at a line feed, with or without a carriage return before it, and nowhere else: U+2028, U+0085 and similar
characters are part of the text.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from pathlib import Path

from onoma.errors import ConfigError, CorpusError

_OFFICE_MARK = b"\xd0\xcf\x11\xe0"
_BINARY_MARKS = {
    b"%PDF-": "is a PDF; save its text in a file first, as with pdftotext",
    _OFFICE_MARK: "is an office document; save it as plain text, or a table as CSV",
    **{
        mark: f"is compressed with {name}; decompress it first"
        for mark, name in {
            b"\x1f\x8b": "gzip",
            b"\xfd7zXZ": "xz",
            b"\x28\xb5\x2f\xfd": "zstd",
            b"BZh": "bzip2",
            b"PK\x03\x04": "ZIP",
        }.items()
    },
}
"""First bytes of files that are not text, and the problem with them."""

OFFICE_SUFFIXES = (".docx", ".odt", ".pptx", ".odp", ".xlsx", ".ods")

_WINDOWS_BYTES = re.compile(rb"[\x80-\x9f]")
"""Bytes that are quotation marks, dashes and the euro sign in cp1252, but unused in Latin-1."""

HOLDS_NUL = "holds a NUL byte, so it is not text in this encoding; if it is UTF-16, say so (--encoding utf-16)"
"""Message on bytes that are not text."""


def numbered_lines(path: Path, *, encoding: str, keep_ends: bool = False) -> Iterator[tuple[int, str]]:
    """Yield the number of each line, counted from 1, and the line.

    Args:
        path: path of the file.
        encoding: encoding of the file.
        keep_ends: whether to keep the line endings, which are removed by default.

    Raises:
        CorpusError: the file is missing, a folder, binary, or not in this encoding; the message for an encoding error
            contains line and byte if possible.
        ConfigError: the encoding is unknown.
    """
    number = 0
    try:
        with path.open(encoding=codec_without_bom(encoding), newline="\n") as file:
            for number, line in enumerate(file, start=1):
                if "\0" in line:
                    raise _binary_error(path, number)
                yield number, line if keep_ends else line.removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError as error:
        raise _undecodable_error(path, encoding, error) from None
    except (OSError, LookupError) as error:
        raise _unreadable_error(path, encoding, error) from None


def whole_text(path: Path, *, encoding: str, keep_bom: bool = False) -> str:
    """Return the text of a file with its line endings unchanged.

    Args:
        path: path of the file.
        encoding: encoding of the file.
        keep_bom: whether to keep a UTF-8 byte order mark in the text, for offsets that count it.

    Raises:
        CorpusError, ConfigError: as in :func:`numbered_lines`.
    """
    try:
        text = path.read_bytes().decode(encoding if keep_bom else codec_without_bom(encoding))
    except UnicodeDecodeError as error:
        raise _undecodable_error(path, encoding, error) from None
    except (OSError, LookupError) as error:
        raise _unreadable_error(path, encoding, error) from None
    if "\0" in text:
        raise _binary_error(path, text.count("\n", 0, text.index("\0")) + 1)
    return text


def likely_encoding(data: bytes, *, from_start: bool = True) -> str:
    """Return a likely encoding of a file that is not UTF-8, judged by its bytes.

    Args:
        data: bytes of the file.
        from_start: whether they are its first ones, which may be a byte order mark.
    """
    if from_start and data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return "utf-16"
    return "cp1252" if _WINDOWS_BYTES.search(data) else "latin1"


def codec_without_bom(encoding: str) -> str:
    """Return the codec of an encoding; for UTF-8, the codec that skips a byte order mark."""
    return "utf-8-sig" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding


def binary_problem(head: bytes) -> str:
    """Return the problem with data whose first bytes are those of a known format that is not text; else empty."""
    return next((problem for mark, problem in _BINARY_MARKS.items() if head.startswith(mark)), "")


def _known_binary_error(path: Path) -> CorpusError | None:
    """Return the error for a file in a known format that is not text; else None."""
    with path.open("rb") as file:
        problem = binary_problem(file.read(max(map(len, _BINARY_MARKS))))
    if problem and path.suffix.lower() in OFFICE_SUFFIXES:
        problem = _BINARY_MARKS[_OFFICE_MARK]
    return CorpusError(problem, path=path) if problem else None


def _binary_error(path: Path, line: int) -> CorpusError:
    if error := _known_binary_error(path):
        return error
    return CorpusError(HOLDS_NUL, path=path, line=line)


def _unreadable_error(path: Path, encoding: str, error: OSError | LookupError) -> CorpusError | ConfigError:
    if not isinstance(error, OSError):
        return ConfigError(f"unknown encoding {encoding!r}")
    if path.is_dir():
        return CorpusError("is a folder; expected a file", path=path)
    return CorpusError(f"cannot be read: {error.strerror}", path=path)


def _undecodable_error(path: Path, encoding: str, error: UnicodeDecodeError) -> CorpusError:
    """Return the error for an undecodable file; the line is searched again, as the decoder does not report it."""
    if binary_error := _known_binary_error(path):
        return binary_error
    codec = codec_without_bom(encoding)
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode(codec)
            except UnicodeDecodeError as line_error:
                location = f"byte 0x{line[line_error.start]:02x} at column {line_error.start + 1}"
                name = likely_encoding(path.read_bytes())
                advice = f"convert the file, or name its encoding (--encoding {name}, or encoding={name!r})"
                return CorpusError(f"{location} is not {encoding.upper()}; {advice}", path=path, line=number)
    return CorpusError(
        f"is not {encoding.upper()}: {error.reason}; name its encoding (--encoding, or encoding=...)", path=path
    )
