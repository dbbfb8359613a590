"""Files as rows, in two steps: raw items that cost little to pass over, and the row that an item is.

Each item has a number, so that any stretch of a file can be read again. What is wrong with one row is a ``RowError``
and concerns no other; what is wrong with the whole file is a ``CorpusError``, and found by counting it.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Generic, Literal, TypeVar

from onoma.bulk.rows import DeadLetter, Row, RowError, decoded, shown, text_of, whole
from onoma.corpora import LAYOUTS, ReadOptions, read
from onoma.corpora.layouts import id_of, spans_of
from onoma.corpora.spans import place
from onoma.corpora.tally import ReadTally
from onoma.errors import CorpusError, InputError
from onoma.io.compression import reading
from onoma.io.digest import digest_below, stamp_below
from onoma.io.json_text import parsed
from onoma.io.once import ReadOnce
from onoma.io.suffixes import plain_name
from onoma.text import Document

if TYPE_CHECKING:
    import pyarrow as pa

InputKind = Literal["text", "lines", "jsonl", "csv", "parquet", "corpus"]

TEXT = "text"
"""The column that is read where none is named."""

Raw = TypeVar("Raw")
Used = TypeVar("Used")

_READ = ReadOptions()
_MARK = b"\xef\xbb\xbf"
_BLOCK_BYTES = 1 << 20
_OF_FOLDERS = (".txt", ".ann")
"""What is read of a folder that is one input: brat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A file and how it is read.

    Attributes:
        path: as the caller named it.
        kind: what a row is: the whole file, a line, a JSON record a line, a row of a table, or a document of a corpus.
        column: which column or key holds the text.
        format: of a corpus; None finds it out.
        options: of a corpus; its encoding holds for all.
        name: the id of a document that is the whole file; by the file's name where it is None.
        once: what is read instead of the path, where that can be read only once.
    """

    path: Path
    kind: InputKind
    column: str = TEXT
    format: str | None = None
    options: ReadOptions = _READ
    name: str | None = None
    once: ReadOnce | None = field(default=None, compare=False)

    @property
    def stamp(self) -> str:
        """What changes when somebody writes to it: size and time."""
        return stamp_below(self.path, suffixes=_OF_FOLDERS)

    @property
    def digest(self) -> str:
        """Of its content."""
        return digest_below(self.path, suffixes=_OF_FOLDERS)

    @property
    def by_rows(self) -> bool:
        """Whether only this package reads it: a table, a compressed file, or one that can be read only once."""
        return self.kind in ("csv", "parquet") or plain_name(self.path) != self.path or self.once is not None


class Source(ABC, Generic[Raw]):
    """A file of one kind.

    Args:
        input: the file.
    """

    def __init__(self, input: Input) -> None:
        self.input = input
        self.path = input.path
        encoding = input.options.encoding
        self.encoding = "utf-8" if encoding.lower().replace("_", "-") in ("utf-8", "utf8", "utf-8-sig") else encoding

    def reading(self) -> AbstractContextManager[BinaryIO]:
        """The bytes of the file, decompressed."""
        return reading(self.path, once=self.input.once)

    @property
    def columns(self) -> tuple[str, ...] | None:
        """The columns of a table; None where the file is none."""
        return None

    @property
    def schema(self) -> pa.Schema | None:
        """The columns' types, where the file says them."""
        return None

    @abstractmethod
    def count(self) -> int:
        """How many items there are.

        Raises:
            CorpusError: the file cannot be read to its end.
        """

    @abstractmethod
    def items(self, start: int) -> Iterator[Raw]:
        """The items from a number on, counted from 0."""

    @abstractmethod
    def row(self, item: Raw) -> Row | None:
        """What an item is; None for one that is blank and means nothing.

        Raises:
            RowError: it cannot be tagged.
        """

    def attempt(self, item: Raw, *, number: int, use: Callable[[Row], Used]) -> Used | DeadLetter | None:
        """What is made of an item, or why nothing could be: whatever goes wrong with it concerns no other.

        Args:
            number: of the item, from 1.
            use: makes something of the row that the item is.

        Returns:
            None for an item that is blank and means nothing.

        Raises:
            OSError, MemoryError: the machine has failed, not the item.
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
    """A file that is one document; it keeps its line ends."""

    def count(self) -> int:
        with self.reading() as file:
            while plain_name(self.path) != self.path and file.read(_BLOCK_BYTES):
                pass  # only its end tells whether a compressed file is whole
        return 1

    def items(self, start: int) -> Iterator[bytes]:
        if not start:
            with self.reading() as file:
                yield file.read().removeprefix(_MARK)

    def row(self, item: bytes) -> Row:
        text = decoded(item, encoding=self.encoding)
        if not text.strip():
            raise RowError("the file has no text", text)
        name = self.input.name
        return Row(Document(text, id=plain_name(self.path).stem if name is None else name))


@dataclass(frozen=True, slots=True)
class NumberedLine:
    """A line with its end, and its number from 1."""

    number: int
    content: bytes


class Lines(Source[NumberedLine]):
    """A document a line, named by the line's number; blank lines are none."""

    def count(self) -> int:
        lines, last = 0, b"\n"
        with self.reading() as file:
            while block := file.read(_BLOCK_BYTES):
                lines += block.count(b"\n")
                last = block
        return lines + (not last.endswith(b"\n"))

    def items(self, start: int) -> Iterator[NumberedLine]:
        with self.reading() as file:
            for number, line in enumerate(file):
                if number >= start:
                    yield NumberedLine(number + 1, line if number else line.removeprefix(_MARK))

    def row(self, item: NumberedLine) -> Row | None:
        line = self._line(item)
        return Row(Document(line, id=str(item.number))) if line.strip() else None

    def _line(self, item: NumberedLine) -> str:
        return decoded(item.content, encoding=self.encoding).removesuffix("\n").removesuffix("\r")


class JsonLines(Lines):
    """A JSON record a line, in any layout that onoma reads; blank lines are none."""

    def row(self, item: NumberedLine) -> Row | None:
        line = self._line(item)
        if not line.strip():
            return None
        try:
            record = parsed(line)
        except json.JSONDecodeError as error:
            raise RowError(f"column {error.colno} is not JSON: {error.msg}; expected one JSON object", line) from None
        return Row(self._document(record), record if isinstance(record, dict) else {})

    def _document(self, record: object) -> Document:
        column = self.input.column
        if isinstance(record, dict) and column in record:
            text = text_of(record[column], column=column)
            if column != TEXT or not record.keys() & {"words", "tokens", "sentences"}:
                return Document(text, id=id_of(record))
        elif column != TEXT:
            keys = ", ".join(map(str, record)) if isinstance(record, dict) else "none"
            raise RowError(f"has no {column!r}; its keys are {keys}", record)
        elif isinstance(record, dict) and "data" not in record:
            return self._of_words(record)
        try:
            annotated = spans_of(record)
        except CorpusError as error:
            raise RowError(error.message, record) from None
        whole(annotated.text)
        annotated.spans = []
        return place(annotated, where=str(self.path), tally=ReadTally())

    def _of_words(self, record: Mapping[str, object]) -> Document:
        """A record that has words and no text."""
        words = record.get("tokens", record.get("words"))
        if not isinstance(words, list) or not words or not all(isinstance(word, str) and word for word in words):
            raise RowError(f"has no {TEXT!r}; its keys are {', '.join(record)}", record)
        return Document.from_words([[whole(word) for word in words]], id=id_of(record))


class Corpus(Source[Document]):
    """Documents of any format that onoma reads, without the entities that they hold."""

    def count(self) -> int:
        return sum(1 for _ in self._reading())

    def items(self, start: int) -> Iterator[Document]:
        for number, document in enumerate(self._reading()):
            if number >= start:
                yield document

    def row(self, item: Document) -> Row:
        whole(item.text)
        document = replace(item, entities=())
        record = LAYOUTS["onoma"].record(document)
        assert isinstance(record, dict)
        return Row(document, record)

    def _reading(self) -> Iterator[Document]:
        return iter(read(self.path, format=self.input.format, options=replace(self.input.options, texts_only=True)))


def no_column(path: Path, column: str, columns: tuple[str, ...]) -> InputError:
    """What to say of a table that lacks the column."""
    known = ", ".join(columns)
    return InputError(f"{path}: no column {shown(column)!r}; the columns are {known}; choose one with --column")
