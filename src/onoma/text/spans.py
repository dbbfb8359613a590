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
        """Whether the two share a character, or one is empty and inside the other."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Word(Span):
    """The unit that is annotated: a span of its document and the text of that span."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence(Span):
    """A sentence's span and the name that its corpus gave it."""

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
        """Plain values for :func:`json.dumps`, as in ``entities`` of JSON Lines."""
        return {"start": self.start, "end": self.end, "label": self.label, "score": self.score, "text": self.text}


def words_touched(
    starts: SupportsLenAndGetItem[int], ends: SupportsLenAndGetItem[int], start: int, end: int
) -> tuple[int, int]:
    """The words that share a character with ``[start, end)``, or that contain an empty span.

    Args:
        starts, ends: where each word starts and ends, in characters; ordered and without overlap.
        start, end: the span, in characters.

    Returns:
        The indices of the first of them and of the word after the last; if there are none, the second is not above the
        first.

    >>> words_touched([0, 4, 8], [3, 7, 11], 5, 9)
    (1, 3)
    """
    return bisect_right(ends, start), bisect_left(starts, end)
