"""The same words labelled in two ways, or labelled here and not there.

For each run of words that is an entity somewhere all its occurrences are counted by what they are labelled; those
inside a longer entity do not count. An occurrence that goes against the majority is ranked by the log-odds of the
majority's count against its own, half added to both (Haldane 1956, Anscombe 1956).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from onoma.doctor.finding import Case, Finding, shown
from onoma.text import Span

ODDS = 4.0
"""How many times as frequent the other way must be, half added to both counts."""

_NOTHING = ""
Occurrence = tuple[Case, Span, str]


def check_surfaces(cases: Sequence[Case]) -> Iterator[Finding]:
    """Name each occurrence that is labelled otherwise than most others of the same words."""
    for surface, found in _occurrences(cases).items():
        counts = Counter(label for _, _, label in found)
        usual, most = max(counts.items(), key=lambda item: (item[1], item[0]))
        for case, span, label in found:
            odds = (most + 0.5) / (counts[label] + 0.5)
            if label == usual or odds < ODDS:
                continue
            told = ", ".join(f"{name or 'nothing'} {count:,}×" for name, count in counts.most_common())
            yield Finding.at(
                case,
                span,
                check="surface",
                severity="warning",
                what=f"{shown(' '.join(surface))} is labelled {label or 'nothing'}",
                why=f"these words are {told}; log-odds {math.log(odds):.1f}",
                mend=f"label it {usual}" if usual else "remove the label, unless the sense is another here",
                score=odds / (1 + odds),
            )


def _occurrences(cases: Sequence[Case]) -> dict[tuple[str, ...], list[Occurrence]]:
    words = [case.words for case in cases]
    starting: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    labelled: list[list[tuple[int, int, str]]] = []
    for case, own in zip(cases, words, strict=True):
        firsts = {word.start: position for position, word in enumerate(own)}
        lasts = {word.end: position for position, word in enumerate(own)}
        chunks = [
            (firsts[entity.start], lasts[entity.end] + 1, entity.label)
            for entity in case.document.entities
            if entity.start in firsts and entity.end in lasts
        ]
        labelled.append(chunks)
        for start, end, _ in chunks:
            surface = tuple(word.text for word in own[start:end])
            starting[surface[0]].add(surface)
    longest_first = {first: sorted(surfaces, key=len, reverse=True) for first, surfaces in starting.items()}
    found: dict[tuple[str, ...], list[Occurrence]] = defaultdict(list)
    for case, own, chunks in zip(cases, words, labelled, strict=True):
        texts = [word.text for word in own]
        taken = bytearray(len(own))
        for start, end, label in chunks:
            taken[start:end] = b"\1" * (end - start)
            found[tuple(texts[start:end])].append((case, Span(start=own[start].start, end=own[end - 1].end), label))
        for start, first in enumerate(texts):
            for surface in longest_first.get(first, ()):
                end = start + len(surface)
                if tuple(texts[start:end]) == surface and not any(taken[start:end]):
                    taken[start:end] = b"\1" * len(surface)
                    found[surface].append((case, Span(start=own[start].start, end=own[end - 1].end), _NOTHING))
                    break
    return found
