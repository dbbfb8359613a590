"""Names and folders of the models that come with onoma."""

from __future__ import annotations

from pathlib import Path

SHIPPED = ("en",)
"""Names of the shipped models. ``en``: English; persons, organisations, places and miscellaneous names."""


def find_model(name: str | Path) -> Path:
    """Return the folder of a shipped model. Any other name is a path; an existing path takes precedence."""
    if str(name) in SHIPPED and not Path(name).exists():
        return Path(__file__).parents[1] / "shipped" / str(name)
    return Path(name)
