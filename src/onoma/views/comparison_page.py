"""A comparison to one self-contained HTML page."""

from __future__ import annotations

from pathlib import Path

from onoma.experiments import Comparison


def write_comparison_page(path: Path, comparison: Comparison) -> None:
    """Write the page."""
    raise NotImplementedError
