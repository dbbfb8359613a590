"""Check of the tokenized text: words with the unknown token, and entities that are too long for a window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from onoma.doctor.finding import Finding, LocatedDocument, shown
from onoma.encoding import Encoded, Windower
from onoma.text import Span, words_touched

_BATCH_SIZE = 256


@dataclass(slots=True)
class _UnknownWord:
    case: LocatedDocument
    span: Span
    count: int = 0
    in_entities: int = 0


def check_subwords(cases: Sequence[LocatedDocument], windower: Windower) -> Iterator[Finding]:
    """Report each word with the unknown token, at its first occurrence, and each entity too long for a window."""
    unknown: dict[str, _UnknownWord] = {}
    for first in range(0, len(cases), _BATCH_SIZE):
        batch = cases[first : first + _BATCH_SIZE]
        for case, encoded in zip(batch, windower.encode([case.document for case in batch]), strict=True):
            _count_unknown(case, encoded, windower.subword_encoder.unknown, unknown)
            yield from _find_too_long_entities(case, encoded, windower)
    for word, entry in unknown.items():
        yield Finding.at(
            entry.case,
            entry.span,
            check="unknown",
            severity="warning" if entry.in_entities else "note",
            what=f"{shown(word)}, {entry.count:,}×, {entry.in_entities:,} of them in entities",
            why="the tokenizer does not know it, so the encoder sees the same as for any other unknown word",
            fix="write it with characters the encoder knows, or choose another encoder",
            score=entry.count / (1 + entry.count),
        )


def _count_unknown(case: LocatedDocument, encoded: Encoded, token: int, unknown: dict[str, _UnknownWord]) -> None:
    positions = np.flatnonzero(encoded.subwords.ids == token)
    if not positions.size:
        return
    words = np.unique(np.searchsorted(encoded.subwords.bounds, positions, side="right") - 1)
    for number in words.tolist():
        span = Span(start=int(encoded.words.starts[number]), end=int(encoded.words.ends[number]))
        entry = unknown.setdefault(case.document.text[span.start : span.end], _UnknownWord(case, span))
        entry.count += 1
        entry.in_entities += any(map(span.overlaps, case.document.entities))


def _find_too_long_entities(case: LocatedDocument, encoded: Encoded, windower: Windower) -> Iterator[Finding]:
    budget = windower.budget
    if len(encoded.windows) < 2:
        return
    starts, ends = encoded.words.starts.tolist(), encoded.words.ends.tolist()
    for entity in case.document.entities:
        first, last = words_touched(starts, ends, entity.start, entity.end)
        subwords = int(encoded.subwords.bounds[last] - encoded.subwords.bounds[first])
        if subwords > budget:
            yield Finding.at(
                case,
                entity,
                check="window",
                severity="warning",
                what=f"{shown(entity.text)} {entity.label}",
                why=f"it has {subwords:,} subwords; a window holds {budget:,}, so the model never sees it whole",
                fix="check where it ends, or increase model.window",
            )
