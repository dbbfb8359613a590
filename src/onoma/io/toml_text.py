"""Serialization of plain values as TOML; the standard library can only parse it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TypeGuard

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def toml_text(tables: Mapping[str, object]) -> str:
    """Return a TOML document; values of None are omitted.

    >>> print(toml_text({"output": "runs/a", "data": {"train": ["a.conll"], "strict": None}, "task": [{"name": "x"}]}))
    output = "runs/a"
    <BLANKLINE>
    [data]
    train = ["a.conll"]
    <BLANKLINE>
    [[task]]
    name = "x"

    Args:
        tables: strings, numbers, booleans, lists and tables, by key.
    """
    plain: dict[str, object] = {}
    lines: list[str] = []
    for key, value in tables.items():
        if isinstance(value, Mapping):
            lines += ["", f"[{_format_key(key)}]", *_format_lines(value)]
        elif _is_table_list(value):
            for each in value:
                lines += ["", f"[[{_format_key(key)}]]", *_format_lines(each)]
        else:
            plain[key] = value
    lines = [*_format_lines(plain), *lines]
    return "\n".join(lines).lstrip("\n")


def toml_value(value: object) -> str:
    """Return a value as TOML on one line.

    Raises:
        TypeError: the type does not exist in TOML.
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float | int):
        return repr(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        return "{ " + ", ".join(_format_lines(value)) + " }" if value else "{}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    raise TypeError(f"TOML has no {type(value).__name__}")


def _format_lines(table: Mapping[str, object]) -> list[str]:
    return [_format_line(key, value) for key, value in table.items() if value is not None]


def _format_line(key: str, value: object) -> str:
    return f"{_format_key(key)} = {toml_value(value)}"


def _format_key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else toml_value(key)


def _is_table_list(value: object) -> TypeGuard[Sequence[Mapping[str, object]]]:
    """Return whether a value is a list of tables, each of which is written with a header of its own."""
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        return False
    return all(isinstance(each, Mapping) for each in value)
