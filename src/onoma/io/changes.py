"""Differences between the settings of an unfinished job and those of the requested job."""

from __future__ import annotations

import json
from collections.abc import Mapping


def changes(before: Mapping[str, object], now: Mapping[str, object]) -> dict[str, str]:
    """Return a readable description of each difference, by key.

    >>> changes({"model": "a", "rows": 4}, {"model": "b", "rows": 4, "column": "text"})
    {'model': 'a, now b', 'column': 'not set, now text'}
    """
    keys = {**before, **now}
    return {
        key: f"{_format_value(before.get(key))}, now {_format_value(now.get(key))}"
        for key in keys
        if before.get(key) != now.get(key)
    }


def _format_value(value: object) -> str:
    return "not set" if value is None else value if isinstance(value, str) else json.dumps(value)
