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

from onoma.metrics import Aligned, EntityError, ErrorKind, Mention, document_errors

_NON_BLANK_LINE = re.compile(r"[^\n]*\S[^\n]*")

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
    """Yield the sentences with errors, in order; together they have all errors of :class:`~onoma.metrics.Errors`."""
    for number, pair in enumerate(pairs, start=1):
        mistakes = list(document_errors(pair, document=number))
        if mistakes:
            yield from _find_sentences(pair, number, mistakes)


def _find_sentences(pair: Aligned, document: int, mistakes: list[EntityError]) -> Iterator[SentenceWithErrors]:
    bounds = _sentence_bounds(pair)
    starts = [start for start, _ in bounds]

    def sentence_index(start: int) -> int:
        return max(bisect_right(starts, start) - 1, 0)

    wrong_ids = {id(mention) for each in mistakes for mention in (each.gold, each.predicted)}
    marks = [
        *(_make_mark(mention, "gold", pair.base, wrong=id(mention) in wrong_ids) for mention in pair.gold),
        *(
            _make_mark(mention, "predicted", pair.base, wrong=id(mention) in wrong_ids, score=score)
            for mention, score in zip(pair.predicted, pair.scores, strict=True)
        ),
    ]
    marks_by_mention = dict(zip(map(id, (*pair.gold, *pair.predicted)), marks, strict=True))
    errors: defaultdict[int, list[SentenceError]] = defaultdict(list)
    for mistake in mistakes:
        gold, predicted = (mention and marks_by_mention[id(mention)] for mention in (mistake.gold, mistake.predicted))
        errors[sentence_index(_first_start(gold, predicted))].append(SentenceError(mistake.kind, gold, predicted))
    for index, sentence_errors in sorted(errors.items()):
        sentence_marks = {mark for mark in marks if sentence_index(mark.start) == index}
        sentence_marks.update(
            mark for each in sentence_errors for mark in (each.gold, each.predicted) if mark is not None
        )
        start = min(bounds[index][0], *(mark.start for mark in sentence_marks))
        end = max(bounds[index][1], *(min(mark.end, len(pair.document.text)) for mark in sentence_marks))
        shifted_marks = {
            mark: mark._replace(start=mark.start - start, end=min(mark.end, end) - start) for mark in sentence_marks
        }
        yield SentenceWithErrors(
            document=document,
            id=pair.document.id,
            number=index + 1,
            of=len(bounds),
            text=pair.document.text[start:end],
            marks=tuple(
                sorted(shifted_marks.values(), key=lambda mark: (mark.start, -mark.end, mark.side, mark.label))
            ),
            errors=tuple(
                SentenceError(
                    each.kind, each.gold and shifted_marks[each.gold], each.predicted and shifted_marks[each.predicted]
                )
                for each in sorted(sentence_errors, key=lambda each: _first_start(each.gold, each.predicted))
            ),
        )


def _sentence_bounds(pair: Aligned) -> list[tuple[int, int]]:
    """Return the bounds of the document's sentences; if it has none, those of its lines that are not blank."""
    document = pair.document
    if document.sentences:
        return [(sentence.start, sentence.end) for sentence in document.sentences]
    return [match.span() for match in _NON_BLANK_LINE.finditer(document.text)] or [(0, len(document.text))]


def _make_mark(mention: Mention, side: Side, base: int, *, wrong: bool, score: float | None = None) -> MarkedSpan:
    start, end = mention.start - base, mention.end - base
    return MarkedSpan(start, end, mention.label, mention.form, side, wrong, score)


def _first_start(*marks: MarkedSpan | None) -> int:
    return min(mark.start for mark in marks if mark is not None)
