"""A `rich` console that prints strings literally."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from onoma.views.table import literal

_MAX_WIDTH = 10_000


class PlainConsole(Console):
    """Console that prints strings without markup or highlighting, and with control characters made visible.

    Args:
        stderr: whether to print to standard error.
        soft_wrap: whether to leave the wrapping of long lines to the terminal.
    """

    def __init__(self, *, stderr: bool = False, soft_wrap: bool = False) -> None:
        super().__init__(stderr=stderr, soft_wrap=soft_wrap, highlight=False)

    def print(self, *objects: Any, **settings: Any) -> None:
        """Print strings, `rich` texts and tables; a table whose numbers do not fit is wider than the terminal."""
        tables = [each for each in objects if isinstance(each, Table)]
        unlimited = self.options.update(max_width=_MAX_WIDTH)
        needed = max((Measurement.get(self, unlimited, table).minimum for table in tables), default=0)
        if needed > self.width:
            settings |= {"width": needed, "crop": False}
        super().print(*(literal(each) if isinstance(each, str) else each for each in objects), **settings)
