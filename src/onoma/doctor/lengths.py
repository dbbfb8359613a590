"""Documents and entities that are much longer than the others, and documents without words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from statistics import median

from onoma.doctor.finding import Case, Finding, shown
from onoma.text import Span

TIMES = 3
"""How many times as long as 95 % of all a length has to be to be told."""
LONG_ENTITY = 10
"""Words up to which no entity is said to be long."""
LONG_DOCUMENT = 200
"""The same for documents."""


def check_lengths(cases: Sequence[Case]) -> Iterator[Finding]:
    """Compare lengths in words with the one that 95 % of all do not exceed."""
    words = [[(word.start, word.end) for word in case.words] for case in cases]
    lengths = [len(own) for own in words]
    limit = _limit(lengths, least=LONG_DOCUMENT)
    for case, length in zip(cases, lengths, strict=True):
        if not length:
            what, why = shown(case.document.text), "the document has no words"
            yield Finding.at(case, check="length", severity="warning", what=what, why=why, fix="remove it")
        elif length > limit:
            what, why = f"a document of {length:,} words", f"half of all have {median(lengths):,.0f} or fewer"
            fix, score = "look whether several documents have run together", 1 - limit / length
            yield Finding.at(case, check="length", severity="note", what=what, why=why, fix=fix, score=score)
    entities = [
        (case, entity, _inside(own, entity))
        for case, own in zip(cases, words, strict=True)
        for entity in case.document.entities
    ]
    sizes = [size for _, _, size in entities]
    limit = _limit(sizes, least=LONG_ENTITY)
    for case, entity, size in entities:
        if size > limit:
            what = f"{shown(entity.text)} {entity.label}"
            why = f"it has {size:,} words; half of all have {median(sizes):.0f} or fewer"
            fix, score = "look where it ends", 1 - limit / size
            yield Finding.at(case, entity, check="length", severity="note", what=what, why=why, fix=fix, score=score)


def _inside(words: Sequence[tuple[int, int]], span: Span) -> int:
    return sum(start < span.end and end > span.start for start, end in words)


def _limit(lengths: Sequence[int], *, least: int) -> float:
    ordered = sorted(lengths)
    return max(least, TIMES * ordered[len(ordered) * 95 // 100]) if ordered else math.inf
