"""The models that come with onoma, by name."""

from __future__ import annotations

from pathlib import Path

SHIPPED = ("en",)
"""``en``: English; persons, organisations, places and miscellaneous names."""


def find_model(name: str | Path) -> Path:
    """The folder of a shipped model; anything else is a folder already, also one that is called like a model."""
    if str(name) in SHIPPED and not Path(name).exists():
        return Path(__file__).parents[1] / "shipped" / str(name)
    return Path(name)
