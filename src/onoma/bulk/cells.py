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
_DATE_UNITS: Mapping[str, _Unit] = {"date32[day]": "D", "date64[ms]": "ms"}


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
    import pyarrow.types as pa_types

    try:
        if pa_types.is_temporal(cell.type) and cell.is_valid:
            return _convert_time(cell)
        return cell.as_py()
    except UnicodeDecodeError as error:
        raise RowError(f"byte 0x{error.object[error.start]:02x} is not UTF-8", error.object) from None
    except (ValueError, OverflowError) as error:
        raise RowError(f"a cell of type {cell.type} cannot be read", str(error)) from None


def _convert_time(cell: pa.Scalar) -> object:
    """Return a date, a time or a duration; as text if Python's types cannot represent it."""
    import pyarrow as pa
    import pyarrow.types as pa_types

    data_type = cell.type
    if getattr(data_type, "unit", "") == "ns":
        microseconds, nanoseconds = divmod(cell.value, 1000)
        truncated = _convert_time(pa.scalar(microseconds, _to_microsecond_type(data_type)))
        return truncated if nanoseconds == 0 else _with_nanoseconds(str(truncated), nanoseconds)
    try:
        return cell.as_py()
    except (ValueError, OverflowError):
        if not (pa_types.is_timestamp(data_type) or pa_types.is_date(data_type)):
            raise
        zone = "+00:00" if getattr(data_type, "tz", None) else ""
        unit: _Unit = _DATE_UNITS.get(str(data_type)) or data_type.unit
        return str(np.datetime64(cell.value, unit)).replace("T", " ") + zone


def _to_microsecond_type(data_type: pa.DataType) -> pa.DataType:
    import pyarrow as pa
    import pyarrow.types as pa_types

    if pa_types.is_timestamp(data_type):
        return pa.timestamp("us", tz=data_type.tz)
    return pa.duration("us") if pa_types.is_duration(data_type) else pa.time64("us")


def _with_nanoseconds(text: str, nanoseconds: int) -> str:
    """Return a time as text with the three digits of its nanoseconds added.

    The seconds in ``text`` have six decimal places or none, and a time zone may follow them.
    """
    zone_start = len(text) - 6 if text[-6:-5] in ("+", "-") and text[-3:-2] == ":" else len(text)
    seconds = text[:zone_start]
    return f"{seconds if '.' in seconds else seconds + '.000000'}{nanoseconds:03}{text[zone_start:]}"
