"""Conversion of Parquet cells to plain Python values, independent of which other packages are installed.

pyarrow returns a time with nanoseconds as a pandas value and fails if pandas is not installed. It also fails for dates
after the year 9999. Such cells become text in the format of other times: ``2026-11-28 07:15:00.123456789+01:00``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

import numpy as np

from onoma.bulk.rows import Row, RowError

if TYPE_CHECKING:
    import pyarrow as pa

_Unit = Literal["D", "s", "ms", "us"]
_DATES: Mapping[str, _Unit] = {"date32[day]": "D", "date64[ms]": "ms"}


def fields_of(row: Row) -> Mapping[str, object]:
    """Return a row's fields as plain values.

    Raises:
        RowError: a cell of a Parquet file cannot be converted.
    """
    record = row.record
    if isinstance(record, Mapping):
        return record
    return {name: plain_value(column[0]) for name, column in zip(record.schema.names, record.columns, strict=True)}


def plain_value(cell: pa.Scalar) -> object:
    """Return a cell as a plain value.

    Raises:
        RowError: Python cannot represent the value, for example text that is not UTF-8.
    """
    import pyarrow.types as kinds

    try:
        if kinds.is_temporal(cell.type) and cell.is_valid:
            return _time(cell)
        return cell.as_py()
    except UnicodeDecodeError as error:
        raise RowError(f"byte 0x{error.object[error.start]:02x} is not UTF-8", error.object) from None
    except (ValueError, OverflowError) as error:
        raise RowError(f"a cell of type {cell.type} cannot be read", str(error)) from None


def _time(cell: pa.Scalar) -> object:
    """Return a date, a time or a duration; as text if Python's types cannot represent it."""
    import pyarrow as pa
    import pyarrow.types as kinds

    kind = cell.type
    if getattr(kind, "unit", "") == "ns":
        thousands, rest = divmod(cell.value, 1000)
        coarse = _time(pa.scalar(thousands, _in_microseconds(kind)))
        return coarse if rest == 0 else _with_nanoseconds(str(coarse), rest)
    try:
        return cell.as_py()
    except (ValueError, OverflowError):
        if not (kinds.is_timestamp(kind) or kinds.is_date(kind)):
            raise
        zone = "+00:00" if getattr(kind, "tz", None) else ""
        unit: _Unit = _DATES.get(str(kind)) or kind.unit
        return str(np.datetime64(cell.value, unit)).replace("T", " ") + zone


def _in_microseconds(kind: pa.DataType) -> pa.DataType:
    import pyarrow as pa
    import pyarrow.types as kinds

    if kinds.is_timestamp(kind):
        return pa.timestamp("us", tz=kind.tz)
    return pa.duration("us") if kinds.is_duration(kind) else pa.time64("us")


def _with_nanoseconds(text: str, rest: int) -> str:
    """Return a time as text with the three digits of its nanoseconds added.

    The seconds in ``text`` have six decimal places or none, and a time zone may follow them.
    """
    zone = len(text) - 6 if text[-6:-5] in ("+", "-") and text[-3:-2] == ":" else len(text)
    seconds = text[:zone]
    return f"{seconds if '.' in seconds else seconds + '.000000'}{rest:03}{text[zone:]}"
