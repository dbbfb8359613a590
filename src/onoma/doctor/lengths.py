"""Check for documents and entities that are much longer than the others, and for documents without words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from statistics import median

from onoma.doctor.finding import Finding, LocatedDocument, shown
from onoma.text import Entity, Word, words_touched

_MAX_LENGTH_RATIO = 3
"""Lengths of more than this many times the 95th percentile are reported."""

_MIN_LONG_ENTITY = 10
"""Entities of up to this many words are never reported as long."""

_MIN_LONG_DOCUMENT = 200
"""Documents of up to this many words are never reported as long."""


def check_lengths(cases: Sequence[LocatedDocument]) -> Iterator[Finding]:
    """Compare the lengths of documents and entities, in words, with the 95th percentile of all lengths."""
    words = [case.words for case in cases]
    lengths = [len(case_words) for case_words in words]
    limit = _limit(lengths, minimum=_MIN_LONG_DOCUMENT)
    for case, length in zip(cases, lengths, strict=True):
        if not length:
            what, why = shown(case.document.text), "the document has no words"
            yield Finding.at(case, check="length", severity="warning", what=what, why=why, fix="remove it")
        elif length > limit:
            what, why = f"a document of {length:,} words", f"half of all have {median(lengths):,.0f} or fewer"
            fix, score = "check whether several documents were merged", 1 - limit / length
            yield Finding.at(case, check="length", severity="note", what=what, why=why, fix=fix, score=score)
    entities = [
        (case, entity, size)
        for case, case_words in zip(cases, words, strict=True)
        for entity, size in zip(case.document.entities, _count_words(case_words, case.document.entities), strict=True)
    ]
    sizes = [size for _, _, size in entities]
    limit = _limit(sizes, minimum=_MIN_LONG_ENTITY)
    for case, entity, size in entities:
        if size > limit:
            what = f"{shown(entity.text)} {entity.label}"
            why = f"it has {size:,} words; half of all have {median(sizes):.0f} or fewer"
            fix, score = "look where it ends", 1 - limit / size
            yield Finding.at(case, entity, check="length", severity="note", what=what, why=why, fix=fix, score=score)


def _count_words(words: Sequence[Word], entities: Sequence[Entity]) -> Iterator[int]:
    """Return the number of words that each entity touches."""
    starts, ends = [word.start for word in words], [word.end for word in words]
    return (len(range(*words_touched(starts, ends, entity.start, entity.end))) for entity in entities)


def _limit(lengths: Sequence[int], *, minimum: int) -> float:
    ordered = sorted(lengths)
    return max(minimum, _MAX_LENGTH_RATIO * ordered[len(ordered) * 95 // 100]) if ordered else math.inf
