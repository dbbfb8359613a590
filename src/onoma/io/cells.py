"""Cells of CSV as long as a text may be; Python's own limit is 131,072 characters."""

from __future__ import annotations

import csv

_LONGEST = (1 << 31) - 1
"""The limit is a `long` of C, which has 32 bits on Windows."""


def allow_long_cells() -> None:
    """Lift the limit of the module `csv`, which holds for the whole process."""
    csv.field_size_limit(_LONGEST)
