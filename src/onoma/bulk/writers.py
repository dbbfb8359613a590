"""Writers of the tagged rows of one shard: JSON Lines, CSV, TSV or Parquet.

The other data of a row is prepared (``carry``) before the row is tagged, so that a row that the output format cannot
represent is detected early. The same rows always give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, Protocol

from onoma.bulk.cells import fields_of
from onoma.bulk.rows import Row, RowError
from onoma.bulk.sources import TEXT
from onoma.io.json_text import as_text, formatted
from onoma.text import Document

if TYPE_CHECKING:
    import pyarrow as pa

OutputFormat = Literal["jsonl", "csv", "tsv", "parquet"]

ENTITIES, LAYERS, METADATA = "entities", "layers", "meta"
_FLUSH_SIZE = 8_000_000
"""Bytes or characters of buffered rows after which a Parquet writer writes them."""

_QUOTE = '"'


@dataclass(frozen=True, slots=True, kw_only=True)
class TableColumns:
    """Columns of a table that a shard is written to.

    Attributes:
        text: column or key of the text.
        names: columns of the input if it is a table; None to write the id, the text and any other fields as JSON.
        schema: types of the input columns, if the input defines them; None to write them as text.
        header: whether a CSV or TSV file begins with a header line.
        layers: whether the model predicts layers in addition to entities.
    """

    text: str = TEXT
    names: tuple[str, ...] | None = None
    schema: pa.Schema | None = None
    header: bool = True
    layers: bool = False

    @property
    def predicted(self) -> tuple[str, ...]:
        """Columns of the model's predictions."""
        return (ENTITIES, LAYERS) if self.layers else (ENTITIES,)

    @property
    def copied(self) -> tuple[str, ...]:
        """Columns copied from the input, which are written before those of the predictions."""
        return tuple(name for name in self.names or ("id", self.text, METADATA) if name not in self.predicted)

    def without_header(self) -> TableColumns:
        """Return the same columns without a header line, for a shard that is not the first of its file."""
        return replace(self, header=False)


class Writer(Protocol):
    """Interface of the writers of one shard."""

    def carry(self, row: Row) -> Any:
        """Return the row's other data, prepared for :meth:`write`.

        Raises:
            RowError: the output format cannot represent the data.
        """

    def write(self, document: Document, carried: Any) -> None: ...

    def close(self) -> None:
        """Write all buffered rows; the file stays open."""

    def discard(self) -> None:
        """Stop writing to a file that will not be completed."""


class JsonlWriter:
    """Writes one JSON object per line: id, text, predictions, then the row's other fields."""

    def __init__(self, file: BinaryIO, columns: TableColumns) -> None:
        self._file = file
        self._columns = columns

    def carry(self, row: Row) -> str:
        return formatted(_select_other_fields(row, excluded=("id", self._columns.text, *self._columns.predicted)))

    def write(self, document: Document, carried: str) -> None:
        record = {
            "id": document.id,
            self._columns.text: document.text,
            **_predictions_by_column(document, self._columns),
        }
        line = formatted(record)
        if carried != "{}":
            line = f"{line[:-1]}, {carried[1:]}"
        self._file.write(line.encode() + b"\n")

    def close(self) -> None:
        pass

    def discard(self) -> None:
        pass


class CsvWriter:
    """Writes the row's cells, then the predictions as JSON. Cells are quoted as in CSV, whatever the delimiter.

    Does not use :mod:`csv`, which quotes a carriage return only from Python 3.13 on.
    """

    def __init__(self, file: BinaryIO, columns: TableColumns, *, delimiter: str = ",") -> None:
        self._columns = columns
        self._file = file
        self._delimiter = delimiter
        self._needs_quotes = re.compile(rf'["{delimiter}\r\n]')
        if columns.header:
            self._file.write(self._encode([*columns.copied, *columns.predicted]) + b"\n")

    def carry(self, row: Row) -> bytes:
        return self._encode([_format_cell(value) for value in _copied_values(row, self._columns)])

    def write(self, document: Document, carried: bytes) -> None:
        predictions = _predictions_by_column(document, self._columns).values()
        self._file.write(carried + self._delimiter.encode() + self._encode(list(map(formatted, predictions))) + b"\n")

    def close(self) -> None:
        pass

    def discard(self) -> None:
        pass

    def _encode(self, cells: Sequence[str]) -> bytes:
        """Return cells as part of a record."""
        quoted = (
            f'"{cell.replace(_QUOTE, _QUOTE * 2)}"' if self._needs_quotes.search(cell) else cell for cell in cells
        )
        return self._delimiter.join(quoted).encode()


class ParquetWriter:
    """Writes the row's cells with their types, entities as a list of structs, and layers as a map of such lists."""

    def __init__(self, file: BinaryIO, columns: TableColumns) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._columns = columns
        fields = [pa.field(name, pa.string()) for name in columns.copied]
        schema = pa.schema(fields) if columns.schema is None else _remove_columns(columns.schema, columns.predicted)
        entity_fields = [("start", pa.int64()), ("end", pa.int64()), ("label", pa.string()), ("score", pa.float64())]
        entities_type = pa.list_(pa.struct([*entity_fields, ("text", pa.string())]))
        self._copied_schema = schema
        prediction_types = {ENTITIES: entities_type, LAYERS: pa.map_(pa.string(), entities_type)}
        self._prediction_fields = [pa.field(name, prediction_types[name]) for name in columns.predicted]
        self._schema = pa.schema([*schema, *self._prediction_fields], metadata=schema.metadata)
        self._writer = pq.ParquetWriter(file, self._schema)
        self._rows: list[Any] = []
        self._predictions: list[dict[str, object]] = []
        self._buffered_size = 0

    def carry(self, row: Row) -> Any:
        if self._columns.schema is not None and not isinstance(row.record, Mapping):
            return row.record.select(self._copied_schema.names)
        return [value if value is None else _format_cell(value) for value in _copied_values(row, self._columns)]

    def write(self, document: Document, carried: Any) -> None:
        self._rows.append(carried)
        self._predictions.append(_predictions_by_column(document, self._columns))
        self._buffered_size += max(len(document.text), _size_of(carried))
        if self._buffered_size >= _FLUSH_SIZE:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._writer.close()

    def discard(self) -> None:
        # Otherwise pyarrow tries to write the footer when the writer is garbage-collected, after the file was closed.
        self._writer.is_open = False

    def _flush(self) -> None:
        import pyarrow as pa

        if not self._rows:
            return
        if isinstance(self._rows[0], pa.RecordBatch):
            table = pa.Table.from_batches(self._rows, self._copied_schema).combine_chunks()
        else:
            cells = list(zip(*self._rows, strict=True))
            table = pa.table([pa.array(column, pa.string()) for column in cells], schema=self._copied_schema)
        for field in self._prediction_fields:
            values = [row[field.name] for row in self._predictions]
            pairs = [list(each.items()) if isinstance(each, dict) else each for each in values]
            table = table.append_column(field, pa.array(pairs, field.type))
        self._writer.write_table(table)
        self._rows, self._predictions, self._buffered_size = [], [], 0


def json_line(record: Mapping[str, object]) -> bytes:
    """Return a record as a line of JSON in UTF-8; lone surrogates, as in file names, are written as escapes."""
    return formatted(record).encode() + b"\n"


WRITERS: Mapping[OutputFormat, Callable[[BinaryIO, TableColumns], Writer]] = {
    "jsonl": JsonlWriter,
    "csv": CsvWriter,
    "tsv": partial(CsvWriter, delimiter="\t"),
    "parquet": ParquetWriter,
}


def _size_of(row: pa.RecordBatch | Sequence[str | None]) -> int:
    """Return the bytes of a batch of one row, or the characters of its cells.

    Dictionaries and views do not count: pyarrow returns the size of all values that they share with other rows.
    """
    import pyarrow as pa
    import pyarrow.types as pa_types

    if not isinstance(row, pa.RecordBatch):
        return sum(len(cell) for cell in row if cell is not None)
    shares_values = (pa_types.is_dictionary, pa_types.is_string_view, pa_types.is_binary_view)
    return sum(column.nbytes for column in row.columns if not any(test(column.type) for test in shares_values))


def _remove_columns(schema: pa.Schema, names: Sequence[str]) -> pa.Schema:
    for name in names:
        if name in schema.names:
            schema = schema.remove(schema.get_field_index(name))
    return schema


def _copied_values(row: Row, columns: TableColumns) -> list[object]:
    """Return the row's values for the columns copied from the input."""
    if columns.names is not None:
        fields = fields_of(row)
        return [fields[name] for name in columns.copied]
    other_fields = _select_other_fields(row, excluded=("id", columns.text, *columns.predicted))
    return [row.document.id, row.document.text, formatted(other_fields) if other_fields else None]


def _select_other_fields(row: Row, *, excluded: Sequence[str]) -> dict[str, object]:
    return {name: value for name, value in fields_of(row).items() if name not in excluded}


def _predictions_by_column(document: Document, columns: TableColumns) -> dict[str, object]:
    """Return the model's predictions, by column."""
    predictions: dict[str, object] = {ENTITIES: [entity.to_json() for entity in document.entities]}
    if columns.layers:
        predictions[LAYERS] = {name: [span.to_json() for span in spans] for name, spans in document.layers.items()}
    return predictions


def _format_cell(value: object) -> str:
    """Return a value as the text of a cell; empty for None."""
    if value is None:
        return ""
    if isinstance(value, bool | dict | list | tuple):
        return formatted(value)
    text = as_text(value)
    cell = text if isinstance(text, str) else str(text)
    try:
        cell.encode()
    except UnicodeEncodeError:
        raise RowError("a cell holds half of a surrogate pair, which is not text", cell) from None
    return cell
