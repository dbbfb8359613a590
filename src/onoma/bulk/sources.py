"""Sources, which read files as rows in two steps: raw items, which are cheap to skip, and the row of an item.

Items are numbered, so that any range of a file can be read again. An error in one row is a ``RowError`` and does not
affect other rows. An error in the file as a whole is a ``CorpusError`` and is found when the items are counted.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Generic, Literal, TypeVar

from onoma.bulk.rows import DeadLetter, Row, RowError, check_encodable, decoded, shown, text_of
from onoma.corpora import LAYOUTS, ReadOptions, read
from onoma.corpora.jsonl import JsonlReader, record_of
from onoma.corpora.layouts import id_of
from onoma.corpora.tally import ReadTally
from onoma.errors import CorpusError, InputError
from onoma.io.compression import reading
from onoma.io.digest import digest_below, modification_digest
from onoma.io.json_text import parsed
from onoma.io.once import ReadOnce
from onoma.io.suffixes import plain_name
from onoma.text import LONE_SURROGATE, Document

if TYPE_CHECKING:
    import pyarrow as pa

InputKind = Literal["text", "lines", "jsonl", "json", "csv", "parquet", "corpus"]

TEXT = "text"
"""Default name of the column that holds the text."""

Raw = TypeVar("Raw")
Used = TypeVar("Used")

_DEFAULT_OPTIONS = ReadOptions()
_BLOCK_BYTES = 1 << 20
_FOLDER_SUFFIXES = (".txt", ".ann")
"""Suffixes of the files that are read if an input is a folder, as in brat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A file and how it is read.

    Attributes:
        path: path as the caller gave it.
        kind: what a row is: the whole file, a line, a line of JSON, a record in a JSON value, a row of a table, or a
            document of a corpus.
        column: column or key that holds the text.
        format: format of a corpus; None to detect it.
        options: how a corpus is read; the encoding applies to all kinds.
        name: id of the document if the whole file is one document; None to use the file's name.
        once: reader that is used instead of the path if the input can be read only once.
    """

    path: Path
    kind: InputKind
    column: str = TEXT
    format: str | None = None
    options: ReadOptions = _DEFAULT_OPTIONS
    name: str | None = None
    once: ReadOnce | None = field(default=None, compare=False)

    @property
    def stamp(self) -> str:
        """Hash of the file's size and modification time, which changes when the file is written to."""
        return modification_digest(self.path, suffixes=_FOLDER_SUFFIXES)

    @property
    def digest(self) -> str:
        """SHA-256 of the content."""
        return digest_below(self.path, suffixes=_FOLDER_SUFFIXES)


class Source(ABC, Generic[Raw]):
    """Base class of the readers of one kind of file.

    Args:
        input: the file.
    """

    def __init__(self, input: Input) -> None:
        self.input = input
        self.path = input.path
        encoding = input.options.encoding
        self.encoding = "utf-8" if encoding.lower().replace("_", "-") in ("utf-8", "utf8", "utf-8-sig") else encoding

    def reading(self) -> AbstractContextManager[BinaryIO]:
        """Open the file for reading its decompressed bytes."""
        return reading(self.path, once=self.input.once)

    @property
    def columns(self) -> tuple[str, ...] | None:
        """Columns of a table; None if the file is not a table."""
        return None

    @property
    def schema(self) -> pa.Schema | None:
        """Types of the columns; None if the file does not define them."""
        return None

    @abstractmethod
    def count(self) -> int:
        """Count the items.

        Raises:
            CorpusError: the file cannot be read to its end.
        """

    @abstractmethod
    def items(self, start: int) -> Iterator[Raw]:
        """Yield the items from index ``start`` on, counted from 0."""

    @abstractmethod
    def row(self, item: Raw) -> Row | None:
        """Return the row of an item; None if the item is blank.

        Raises:
            RowError: the row cannot be tagged.
        """

    def attempt(self, item: Raw, *, number: int, use: Callable[[Row], Used]) -> Used | DeadLetter | None:
        """Convert an item to a row and apply ``use`` to it, so that an error does not affect other items.

        Args:
            item: the raw item.
            number: number of the item, from 1.
            use: function called with the row.

        Returns:
            The result of ``use``; a dead letter if the item has an error; None if it is blank.

        Raises:
            OSError, MemoryError: the error is not one of the item, but of the machine.
        """
        try:
            row = self.row(item)
            return None if row is None else use(row)
        except RowError as error:
            reason, what = error.reason, error.what
        except CorpusError as error:
            reason, what = error.message, shown(item)
        except (OSError, MemoryError):
            raise
        except Exception as error:
            reason, what = f"cannot be read ({type(error).__name__}: {shown(str(error))})", shown(item)
        return DeadLetter(file=str(self.path), row=number, reason=reason, what=what)


class WholeText(Source[bytes]):
    """A file that is one document, with its line ends unchanged."""

    def count(self) -> int:
        with self.reading() as file:
            while plain_name(self.path) != self.path and file.read(_BLOCK_BYTES):
                pass  # a truncated compressed file is detected only at its end
        return 1

    def items(self, start: int) -> Iterator[bytes]:
        if not start:
            with self.reading() as file:
                yield file.read().removeprefix(BOM_UTF8)

    def row(self, item: bytes) -> Row:
        text = decoded(item, encoding=self.encoding)
        if not text.strip():
            raise RowError("the file has no text", text)
        name = self.input.name
        return Row(Document(text, id=plain_name(self.path).stem if name is None else name))


@dataclass(frozen=True, slots=True)
class NumberedLine:
    """A line including its line end, and its number, from 1."""

    number: int
    content: bytes


class Lines(Source[NumberedLine]):
    """A file with one document per line, whose id is the line number; blank lines are skipped."""

    def count(self) -> int:
        lines, last_block = 0, b"\n"
        with self.reading() as file:
            while block := file.read(_BLOCK_BYTES):
                lines += block.count(b"\n")
                last_block = block
        return lines + (not last_block.endswith(b"\n"))

    def items(self, start: int) -> Iterator[NumberedLine]:
        with self.reading() as file:
            for number, line in enumerate(file):
                if number >= start:
                    yield NumberedLine(number + 1, line if number else line.removeprefix(BOM_UTF8))

    def row(self, item: NumberedLine) -> Row | None:
        line = self._decode_line(item)
        return Row(Document(line, id=str(item.number))) if line.strip() else None

    def _decode_line(self, item: NumberedLine) -> str:
        return decoded(item.content, encoding=self.encoding).removesuffix("\n").removesuffix("\r")


class JsonLines(Lines):
    """A file with one JSON record per line, in any layout that onoma reads; blank lines are skipped."""

    def row(self, item: NumberedLine) -> Row | None:
        line = self._decode_line(item)
        if not line.strip():
            return None
        try:
            record = parsed(line)
        except json.JSONDecodeError as error:
            raise RowError(f"column {error.colno} is not JSON: {error.msg}; expected one JSON object", line) from None
        return _record_row(record, line=item.number, input=self.input, reader=self._reader)

    @cached_property
    def _reader(self) -> JsonlReader:
        return _text_reader(self.input)


class JsonRecords(Source[tuple[int, object]]):
    """A single JSON value that contains a list of records; or JSON Lines, which an invalid line makes unreadable.

    An item is a record and its line or number.
    """

    def count(self) -> int:
        return sum(1 for _ in self._reader.records())

    def items(self, start: int) -> Iterator[tuple[int, object]]:
        return islice(self._reader.records(), start, None)

    def row(self, item: tuple[int, object]) -> Row | None:
        line, record = item
        return _record_row(record, line=line, input=self.input, reader=self._reader)

    @cached_property
    def _reader(self) -> JsonlReader:
        return _text_reader(self.input)


def _text_reader(input: Input) -> JsonlReader:
    return JsonlReader(input.path, replace(input.options, texts_only=True))


def _record_row(record: object, *, line: int, input: Input, reader: JsonlReader) -> Row | None:
    """Return the row of a record in any layout that onoma reads, without its entities; None if the record is null."""
    fields = record if isinstance(record, dict) else {}
    document = _document_of(record, fields, line=line, column=input.column, reader=reader)
    if document is None:
        return None
    if input.options.replace_surrogates:
        document = document.with_text(LONE_SURROGATE.sub("\ufffd", document.text))
    check_encodable(document.text)
    return Row(document, fields)


def _document_of(
    record: object, fields: Mapping[str, object], *, line: int, column: str, reader: JsonlReader
) -> Document | None:
    if column in fields:
        text = text_of(fields[column], column=column)
        if column != TEXT or not fields.keys() & {"words", "tokens", "sentences"}:
            return Document(text, id=id_of(record))
    elif column != TEXT:
        raise RowError(f"has no {column!r}; its keys are {', '.join(map(str, fields)) or 'none'}", record)
    try:
        return reader.document_of(record_of(record), line=line, tally=ReadTally())
    except CorpusError as error:
        raise RowError(error.message, record) from None


class Corpus(Source[Document]):
    """A corpus in any format that onoma reads; the entities that its documents have are discarded."""

    def count(self) -> int:
        return sum(1 for _ in self._read_documents())

    def items(self, start: int) -> Iterator[Document]:
        for number, document in enumerate(self._read_documents()):
            if number >= start:
                yield document

    def row(self, item: Document) -> Row:
        check_encodable(item.text)
        document = replace(item, entities=())
        record = LAYOUTS["onoma"].record(document)
        assert isinstance(record, dict)
        return Row(document, record)

    def _read_documents(self) -> Iterator[Document]:
        return iter(read(self.path, format=self.input.format, options=replace(self.input.options, texts_only=True)))


def no_column(path: Path, column: str, columns: tuple[str, ...]) -> InputError:
    """Return the error for a table that lacks the text column."""
    column_names = ", ".join(columns)
    return InputError(f"{path}: no column {shown(column)!r}; the columns are {column_names}; choose one with --column")
