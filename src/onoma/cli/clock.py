"""Formatting of durations as hours, minutes and seconds."""

from __future__ import annotations


def clock(seconds: float) -> str:
    """Format a duration in seconds as hours, minutes and seconds.

    >>> clock(75), clock(3_675)
    ('1:15', '1:01:15')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
