"""Parser of data frames in JSON, as pandas (``DataFrame.to_json``) and Hugging Face (``Dataset.to_dict``) write them.

- ``orient="columns"``, the default of pandas: ``{"text": {"0": "Ada left."}, "entities": {"0": []}}``
- ``Dataset.to_dict``, ``DataFrame.to_dict("list")``: ``{"text": ["Ada left."], "entities": [[]]}``
- ``orient="index"``: ``{"0": {"text": "Ada left.", "entities": []}}``
- ``orient="split"``: ``{"columns": ["text", "entities"], "index": [0], "data": [["Ada left.", []]]}``

Sources: https://pandas.pydata.org/docs/reference/api/pandas.DataFrame.to_json.html,
https://huggingface.co/docs/datasets/package_reference/main_classes#datasets.Dataset.to_dict
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeGuard

from onoma.corpora.tagged_records import TAG_KEYS

_TEXT_COLUMNS = ("text", "tokens", "words")

Record = Mapping[str, object]


def records_of_frame(value: object) -> list[Record] | None:
    """Return the rows of a data frame as records; None if a JSON value is not one."""
    if not isinstance(value, dict) or not value:
        return None
    return _parse_split(value) or _parse_columns(value) or _parse_index(value)


def _parse_split(value: Record) -> list[Record] | None:
    names, rows = value.get("columns"), value.get("data")
    if not isinstance(names, list) or not isinstance(rows, list) or not any(name in names for name in _TEXT_COLUMNS):
        return None
    if not all(isinstance(row, list) and len(row) == len(names) for row in rows):
        return None
    return [dict(zip(map(str, names), row, strict=True)) for row in rows]


def _parse_columns(value: Record) -> list[Record] | None:
    name = next((name for name in _TEXT_COLUMNS if name in value), None)
    texts = None if name is None else value[name]
    columns: dict[str, list[object]]
    if isinstance(texts, dict):
        keys = list(texts)
        columns = {
            name: list(column.values())
            for name, column in value.items()
            if isinstance(column, dict) and list(column) == keys
        }
    elif isinstance(texts, list) and all(isinstance(cell, str if name == "text" else list) for cell in texts):
        columns = {name: column for name, column in value.items() if _is_column(column, name=name, length=len(texts))}
    else:
        return None
    if len(columns) < len(value):
        return None
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _is_column(value: object, *, name: str, length: int) -> TypeGuard[list[object]]:
    """Return whether a value is a list of cells; a list of tags shows that the texts are the words of one sentence."""
    if not isinstance(value, list) or len(value) != length:
        return False
    return name not in TAG_KEYS or not any(isinstance(cell, str) for cell in value)


def _parse_index(value: Record) -> list[Record] | None:
    rows = list(value.values())
    if not all(isinstance(row, dict) and any(name in row for name in _TEXT_COLUMNS) for row in rows):
        return None
    return [row for row in rows if isinstance(row, dict)]
