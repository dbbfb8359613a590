"""Which words a span touches."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import SupportsLenAndGetItem


def words_touched(
    starts: SupportsLenAndGetItem[int], ends: SupportsLenAndGetItem[int], start: int, end: int
) -> tuple[int, int]:
    """The words that share a character with ``[start, end)``, or that an empty span stands inside of.

    Args:
        starts, ends: where each word starts and ends, in characters; ordered and without overlap.
        start, end: the span, in characters.

    Returns:
        The first of them, and the one behind the last; not above the first where there are none.

    >>> words_touched([0, 4, 8], [3, 7, 11], 5, 9)
    (1, 3)
    """
    return bisect_right(ends, start), bisect_left(starts, end)
