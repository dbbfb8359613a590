"""A row of a file: a document to tag and the row's other data, or the reason why it cannot be tagged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from onoma.io.lines import HOLDS_NUL, likely_encoding
from onoma.text import Document, find_lone_surrogate, shorten

if TYPE_CHECKING:
    import pyarrow as pa

_MAX_SHOWN_CHARACTERS = 120


@dataclass(frozen=True, slots=True)
class Row:
    """A row with a text.

    Attributes:
        document: the document to tag.
        record: the row as it is in its file: a batch of one row for Parquet, otherwise its fields by name.
    """

    document: Document
    record: Mapping[str, object] | pa.RecordBatch = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A row that cannot be tagged.

    Attributes:
        file: path of the file, as the caller gave it.
        row: number of the row in the file, from 1: of the line in a file of lines, of the record in a table.
        reason: why the row cannot be tagged, and what was expected.
        what: beginning of what was found.
    """

    file: str
    row: int
    reason: str
    what: str


class RowError(Exception):
    """A row cannot be tagged; raised and caught only inside this package.

    Args:
        reason: why the row cannot be tagged, and what was expected.
        what: the value that was found.
    """

    def __init__(self, reason: str, what: object) -> None:
        self.reason = reason
        self.what = shown(what)
        super().__init__(reason)


def text_of(value: object, *, column: str) -> str:
    """Return the text of a cell.

    Raises:
        RowError: the cell does not hold text.
    """
    if value is None:
        raise RowError(f"{column!r} is null; expected text", None)
    if isinstance(value, bool | int | float):
        raise RowError(f"{column!r} is a number or a truth value; expected text", value)
    if isinstance(value, bytes):
        return decoded(value, encoding="utf-8")
    if not isinstance(value, str):
        raise RowError(f"{column!r} is a {type(value).__name__}; expected text", value)
    return value


def decoded(line: bytes, *, encoding: str) -> str:
    """Decode bytes to text.

    Raises:
        RowError: the bytes are not in this encoding (the message names the first invalid byte), or one is NUL.
    """
    if b"\0" in line:
        raise RowError(HOLDS_NUL, line[:_MAX_SHOWN_CHARACTERS])
    try:
        return line.decode(encoding)
    except UnicodeDecodeError as error:
        byte = f"byte 0x{line[error.start]:02x} at {error.start + 1}"
        advice = f"name the encoding of the file (--encoding {likely_encoding(line)})"
        raise RowError(f"{byte} is not {encoding.upper()}; {advice}", line[:_MAX_SHOWN_CHARACTERS]) from None


def check_encodable(text: str) -> None:
    """Check that UTF-8 can encode a text.

    Raises:
        RowError: the text contains a lone surrogate.
    """
    if problem := find_lone_surrogate(text):
        raise RowError(problem, text)


def shown(value: object) -> str:
    """Return the beginning of a value as readable text."""
    text = value if isinstance(value, str) else repr(value)
    return shorten(text.encode("utf-8", "backslashreplace").decode(), max_length=_MAX_SHOWN_CHARACTERS)
