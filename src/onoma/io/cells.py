"""Support for long CSV cells; the default limit of Python is 131,072 characters."""

from __future__ import annotations

import csv

_MAX_CELL_CHARACTERS = (1 << 31) - 1
"""Highest possible limit: it is stored as a C `long`, which has 32 bits on Windows."""


def allow_long_cells() -> None:
    """Raise the cell size limit of the module `csv` for the whole process."""
    csv.field_size_limit(_MAX_CELL_CHARACTERS)
