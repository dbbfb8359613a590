"""Tables as sources of rows: CSV with the standard library and Parquet with pyarrow, both read as streams."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from importlib import import_module
from io import TextIOWrapper
from itertools import chain, islice
from typing import TYPE_CHECKING

from onoma.bulk.cells import plain_value
from onoma.bulk.rows import Row, RowError, shown, text_of
from onoma.bulk.sources import Input, Source, no_column
from onoma.corpora.layouts import id_of
from onoma.corpora.tables import delimiter_of
from onoma.errors import CorpusError, InputError, optional_import
from onoma.io.cells import names_separator, read_rows
from onoma.io.lines import codec_without_bom, likely_encoding
from onoma.text import Document, find_lone_surrogate

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH_ROWS = 256


class CsvTable(Source[list[str]]):
    """A table with commas, semicolons, tabs or vertical bars between cells; the first record names the columns."""

    def __init__(self, input: Input) -> None:
        super().__init__(input)
        self._columns: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        if not self._columns:
            with self._records():
                pass
        return self._columns

    def count(self) -> int:
        with self._records() as records:
            return sum(1 for _ in records)

    def items(self, start: int) -> Iterator[list[str]]:
        with self._records() as records:
            yield from islice(records, start, None)

    def row(self, item: list[str]) -> Row | None:
        if not item:
            return None
        columns = self.columns
        if len(item) != len(columns):
            raise RowError(f"has {len(item)} cells; expected {len(columns)}, as the first line has", item)
        for name, cell in zip(columns, item, strict=True):
            _check_bytes(cell, column=name, encoding=self.encoding)
        fields = dict(zip(columns, item, strict=True))
        text = text_of(fields[self.input.column], column=self.input.column)
        return Row(Document(text, id=id_of(fields)), fields)

    @contextmanager
    def _records(self) -> Iterator[Iterator[list[str]]]:
        """Open the file, store the column names of the first record, and return an iterator of the other records."""
        codec = codec_without_bom(self.encoding)
        with self.reading() as file:
            # Bytes that are not in this encoding become surrogates, so that _check_bytes reports the affected row.
            text_file = TextIOWrapper(file, encoding=codec, errors="surrogateescape", newline="")
            header_line = text_file.readline()
            if names_separator(header_line):
                header_line = text_file.readline()
            delimiter = delimiter_of(header_line.strip("\r\n"), column=self.input.column)
            records = read_rows(chain([header_line], text_file) if header_line else text_file, delimiter=delimiter)
            try:
                self._columns = self._parse_header(next(records, []))
                yield records
            except csv.Error as error:
                message = f"is not CSV: {error}; a quote is not closed, or not doubled inside a quoted cell"
                raise CorpusError(message, path=self.path, line=records.line_num) from None
            finally:
                text_file.detach()

    def _parse_header(self, header: list[str]) -> tuple[str, ...]:
        """Return the column names, after checking that they are valid and include the text column."""
        if not header:
            raise CorpusError("is empty; expected a line that names the columns", path=self.path)
        if invalid_name := next((name for name in header if find_lone_surrogate(name)), None):
            problem = f"the name of the column {shown(invalid_name)!r} is not {self.encoding.upper()}"
            encoding = likely_encoding(header[0].encode(self.encoding, "surrogateescape"))
            advice = f"name its encoding (--encoding {encoding}, or encoding={encoding!r})"
            raise CorpusError(f"{problem}; {advice}", path=self.path)
        if self.input.column not in header:
            raise no_column(self.path, self.input.column, tuple(header))
        if len(set(header)) < len(header):
            raise CorpusError(f"two columns have the same name: {', '.join(header)}", path=self.path)
        return tuple(header)


def _check_bytes(cell: str, *, column: str, encoding: str) -> None:
    if cell.isascii():
        return
    try:
        cell.encode()
    except UnicodeEncodeError as error:
        byte = ord(cell[error.start]) - 0xDC00
        raise RowError(f"{column!r}: byte 0x{byte:02x} is not {encoding.upper()}", cell) from None


Record = tuple["pa.RecordBatch", int]


class ParquetTable(Source[Record]):
    """A Parquet file, read in batches; row groups before the first requested row are not read."""

    def __init__(self, input: Input) -> None:
        super().__init__(input)
        require_pyarrow()

    @cached_property
    def schema(self) -> pa.Schema:
        with self._open() as file:
            schema = file.schema_arrow
        self._check_column(schema)
        return schema

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.schema.names)

    def count(self) -> int:
        if not self.columns:
            return 0
        with self._open() as file:  # damaged pages are detected only by reading them
            return sum(batch.num_rows for batch in file.iter_batches(batch_size=_BATCH_ROWS))

    def items(self, start: int) -> Iterator[Record]:
        with self._open() as file:
            row_groups, row_offset = _find_row_groups(file.metadata, start)
            for batch in file.iter_batches(batch_size=_BATCH_ROWS, row_groups=row_groups):
                for index in range(max(0, start - row_offset), batch.num_rows):
                    yield batch, index
                row_offset += batch.num_rows

    def row(self, item: Record) -> Row:
        batch, index = item
        column = self.input.column
        record = batch.slice(index, 1)
        text = text_of(plain_value(batch.column(column)[index]), column=column)
        fields = {"id": plain_value(batch.column("id")[index])} if "id" in batch.schema.names else {}
        return Row(Document(text, id=id_of(fields)), record)

    def _check_column(self, schema: pa.Schema) -> None:
        import pyarrow.types as pa_types

        column = self.input.column
        if column not in schema.names:
            raise no_column(self.path, column, tuple(schema.names))
        if len(set(schema.names)) < len(schema.names):
            raise InputError(f"{self.path}: two columns have the same name: {', '.join(schema.names)}")

        def holds_text(data_type: pa.DataType) -> bool:
            data_type = data_type.value_type if pa_types.is_dictionary(data_type) else data_type
            tests = (
                pa_types.is_string,
                pa_types.is_large_string,
                pa_types.is_string_view,
                pa_types.is_binary,
                pa_types.is_large_binary,
                pa_types.is_null,
            )
            return any(test(data_type) for test in tests)

        if not holds_text(schema.field(column).type):
            text_columns = ", ".join(field.name for field in schema if holds_text(field.type)) or "none"
            actual_type = schema.field(column).type
            raise InputError(
                f"{self.path}: the column {column!r} has {actual_type}, not text; columns with text: {text_columns}"
            )

    @contextmanager
    def _open(self) -> Iterator[pa.parquet.ParquetFile]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            with pq.ParquetFile(self.path) as file:
                yield file
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, UnicodeDecodeError, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise CorpusError(f"cannot be read: {error.strerror}", path=self.path) from error
            raise CorpusError(f"is not a complete Parquet file ({error}); copy it again", path=self.path) from error


def _find_row_groups(metadata: pa.parquet.FileMetaData, start: int) -> tuple[Sequence[int], int]:
    """Return the row groups from the one that contains row ``start`` on, and the number of rows before them."""
    row_offset = 0
    for group in range(metadata.num_row_groups):
        rows = metadata.row_group(group).num_rows
        if row_offset + rows > start:
            return range(group, metadata.num_row_groups), row_offset
        row_offset += rows
    return range(0), row_offset


def require_pyarrow() -> None:
    """Check that Parquet can be read and written.

    Raises:
        MissingExtraError: pyarrow is not installed.
    """
    with optional_import("Parquet", extra="bulk"):
        import_module("pyarrow.parquet")
