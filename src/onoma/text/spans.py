"""Spans of a text: words, sentences, entities.

All offsets are half-open ``[start, end)`` in code points of the document's own text.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import SupportsLenAndGetItem


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Span:
    """A half-open range of code points."""

    start: int
    end: int

    def overlaps(self, other: Span) -> bool:
        """Return whether the two spans share a character, or one is empty and inside the other."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Word(Span):
    """An annotated unit: a span of its document, with the text of that span."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence(Span):
    """A sentence: its span, and the id given by its corpus."""

    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity(Span):
    """A labelled span.

    Attributes:
        score: probability of the span with its label, in [0, 1]; None if there is no estimate (gold).
        text: the text of the span, always ``document.text[start:end]``.
    """

    label: str
    score: float | None = None
    text: str

    def to_json(self) -> dict[str, object]:
        """Return plain values for :func:`json.dumps`, as in ``entities`` of JSON Lines."""
        return {"start": self.start, "end": self.end, "label": self.label, "score": self.score, "text": self.text}


def words_touched(
    starts: SupportsLenAndGetItem[int], ends: SupportsLenAndGetItem[int], start: int, end: int
) -> tuple[int, int]:
    """Return the range of the words that share a character with ``[start, end)`` or contain it if it is empty.

    Args:
        starts, ends: start and end of each word, in characters; ordered and without overlap.
        start, end: start and end of the span, in characters.

    Returns:
        The index of the first such word, and the index after the last one. If there are none, the second index is not
        greater than the first.

    >>> words_touched([0, 4, 8], [3, 7, 11], 5, 9)
    (1, 3)
    """
    return bisect_right(ends, start), bisect_left(starts, end)
