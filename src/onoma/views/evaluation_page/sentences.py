"""Sentences with errors, taken from aligned documents, with their gold spans, predicted spans and errors.

If the gold document has no sentences, its lines are used. Offsets refer to the sentence's own text. This module is
independent of how a sentence is displayed.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from onoma.metrics import Aligned, EntityError, ErrorKind, Mention, find_mistakes

_LINE = re.compile(r"[^\n]*\S[^\n]*")

Side = Literal["gold", "predicted"]


class MarkedSpan(NamedTuple):
    """A span to display.

    Attributes:
        start, end: offsets in the sentence's text, in code points.
        label: label of the span.
        form: text of the whole span, even if it extends beyond the sentence, with each run of white space as one blank.
        side: whether the span is gold or predicted.
        wrong: whether the span is part of an error.
        score: confidence score of a predicted span; None if it has none.
    """

    start: int
    end: int
    label: str
    form: str
    side: Side
    wrong: bool = False
    score: float | None = None


class SentenceError(NamedTuple):
    """An error in a sentence: its kind, and the gold span, the predicted span, or both."""

    kind: ErrorKind
    gold: MarkedSpan | None
    predicted: MarkedSpan | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceWithErrors:
    """A sentence with at least one error.

    Attributes:
        document: number of its document, from 1.
        id: id of the document; empty if it has none.
        number: number of the sentence in the document, from 1.
        of: number of sentences in the document.
        text: text of the sentence, extended as far as its spans reach.
        marks: all gold and predicted spans of the sentence, correct ones included, in order.
        errors: errors of the sentence; an error belongs to the sentence in which it begins.
    """

    document: int
    id: str
    number: int
    of: int
    text: str
    marks: tuple[MarkedSpan, ...]
    errors: tuple[SentenceError, ...]


def sentences_with_errors(pairs: Iterable[Aligned]) -> Iterator[SentenceWithErrors]:
    """Yield the sentences with errors, in order; each error of :func:`~onoma.metrics.find_errors` is in one of them."""
    for number, pair in enumerate(pairs, start=1):
        mistakes = list(find_mistakes(pair, document=number))
        if mistakes:
            yield from _of_document(pair, number, mistakes)


def _of_document(pair: Aligned, document: int, mistakes: list[EntityError]) -> Iterator[SentenceWithErrors]:
    bounds = _bounds(pair)
    starts = [start for start, _ in bounds]

    def owner(start: int) -> int:
        return max(bisect_right(starts, start) - 1, 0)

    wrong = {id(mention) for each in mistakes for mention in (each.gold, each.predicted)}
    marks = [
        *(_mark(mention, "gold", pair.base, wrong=id(mention) in wrong) for mention in pair.gold),
        *(
            _mark(mention, "predicted", pair.base, wrong=id(mention) in wrong, score=score)
            for mention, score in zip(pair.predicted, pair.scores, strict=True)
        ),
    ]
    shown = dict(zip(map(id, (*pair.gold, *pair.predicted)), marks, strict=True))
    errors: defaultdict[int, list[SentenceError]] = defaultdict(list)
    for mistake in mistakes:
        gold, predicted = (mention and shown[id(mention)] for mention in (mistake.gold, mistake.predicted))
        errors[owner(_begin(gold, predicted))].append(SentenceError(mistake.kind, gold, predicted))
    for index, of in sorted(errors.items()):
        held = {mark for mark in marks if owner(mark.start) == index}
        held.update(mark for each in of for mark in (each.gold, each.predicted) if mark is not None)
        start = min(bounds[index][0], *(mark.start for mark in held))
        end = max(bounds[index][1], *(min(mark.end, len(pair.document.text)) for mark in held))
        moved = {mark: mark._replace(start=mark.start - start, end=min(mark.end, end) - start) for mark in held}
        yield SentenceWithErrors(
            document=document,
            id=pair.document.id,
            number=index + 1,
            of=len(bounds),
            text=pair.document.text[start:end],
            marks=tuple(sorted(moved.values(), key=lambda mark: (mark.start, -mark.end, mark.side, mark.label))),
            errors=tuple(
                SentenceError(each.kind, each.gold and moved[each.gold], each.predicted and moved[each.predicted])
                for each in sorted(of, key=lambda each: _begin(each.gold, each.predicted))
            ),
        )


def _bounds(pair: Aligned) -> list[tuple[int, int]]:
    """Return the bounds of the document's sentences; if it has none, those of its lines that are not blank."""
    document = pair.document
    if document.sentences:
        return [(sentence.start, sentence.end) for sentence in document.sentences]
    return [match.span() for match in _LINE.finditer(document.text)] or [(0, len(document.text))]


def _mark(mention: Mention, side: Side, base: int, *, wrong: bool, score: float | None = None) -> MarkedSpan:
    start, end = mention.start - base, mention.end - base
    return MarkedSpan(start, end, mention.label, mention.form, side, wrong, score)


def _begin(*marks: MarkedSpan | None) -> int:
    return min(mark.start for mark in marks if mark is not None)
