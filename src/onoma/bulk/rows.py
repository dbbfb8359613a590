"""One row of a file: a document to tag and the row's other data, or the reason why it cannot be tagged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from onoma.text import Document, half_pair

if TYPE_CHECKING:
    import pyarrow as pa

_SHOWN_CHARACTERS = 120


@dataclass(frozen=True, slots=True)
class Row:
    """A row with a text.

    Attributes:
        document: what is tagged.
        record: the row as it stood in its file: of a Parquet file a batch of one row, else its fields.
    """

    document: Document
    record: Mapping[str, object] | pa.RecordBatch = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A row that cannot be tagged.

    Attributes:
        file: as the caller named it.
        row: its number in the file, from 1: the line of a file of lines, the record of a table.
        reason: why, and what was expected.
        what: the beginning of what was found.
    """

    file: str
    row: int
    reason: str
    what: str


class RowError(Exception):
    """A row cannot be tagged; only raised and caught inside this package.

    Args:
        reason: why, and what was expected.
        what: what was found.
    """

    def __init__(self, reason: str, what: object) -> None:
        self.reason = reason
        self.what = shown(what)
        super().__init__(reason)


def text_of(value: object, *, column: str) -> str:
    """A cell that must hold text.

    Raises:
        RowError: it does not.
    """
    if value is None:
        raise RowError(f"{column!r} is null; expected text", None)
    if isinstance(value, bool | int | float):
        raise RowError(f"{column!r} is a number or a truth value; expected text", value)
    if isinstance(value, bytes):
        return decoded(value, encoding="utf-8")
    if not isinstance(value, str):
        raise RowError(f"{column!r} is a {type(value).__name__}; expected text", value)
    return whole(value)


def decoded(line: bytes, *, encoding: str) -> str:
    """Bytes as text.

    Raises:
        RowError: they are not in this encoding; names the byte.
    """
    if b"\0" in line:
        raise RowError("holds a NUL byte, so it is not text in this encoding", line[:_SHOWN_CHARACTERS])
    try:
        return line.decode(encoding)
    except UnicodeDecodeError as error:
        byte = f"byte 0x{line[error.start]:02x} at {error.start + 1}"
        raise RowError(f"{byte} is not {encoding.upper()}", line[:_SHOWN_CHARACTERS]) from None


def whole(text: str) -> str:
    """The text, if UTF-8 can hold it.

    Raises:
        RowError: it holds half of a surrogate pair.
    """
    if why := half_pair(text):
        raise RowError(why, text)
    return text


def shown(value: object) -> str:
    """The beginning of a value, for people."""
    text = value if isinstance(value, str) else repr(value)
    text = text.encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"
