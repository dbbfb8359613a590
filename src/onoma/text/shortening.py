"""Shortening of long texts for messages, tables and plots."""

from __future__ import annotations


def shorten(text: str, *, max_length: int) -> str:
    """Return the text; if it is longer than ``max_length`` characters, its beginning and an ellipsis, that long.

    >>> shorten("pharmacology", max_length=6)
    'pharm…'
    """
    return text if len(text) <= max_length else text[: max_length - 1] + "…"
