"""A console of `rich` that shows what others have written as it is."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from onoma.views.table import literal


class PlainConsole(Console):
    """Prints strings without markup, highlighting, or control characters.

    Args:
        stderr: print to standard error.
        soft_wrap: leave long lines to the terminal.
    """

    def __init__(self, *, stderr: bool = False, soft_wrap: bool = False) -> None:
        super().__init__(stderr=stderr, soft_wrap=soft_wrap, highlight=False)

    def print(self, *objects: Any, **settings: Any) -> None:
        """Print strings, texts and tables."""
        super().print(*(literal(each) if isinstance(each, str) else each for each in objects), **settings)
