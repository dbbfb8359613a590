"""Conversion of texts with spans as written by other programs, not yet validated, to Documents.

Invalid spans are left out and counted: a span that is empty, outside the text or without a label, or whose quoted text
differs from the document. Offsets may be in other units than code points; see ``offset_units``. This module is
independent of JSON and of any layout.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain

from onoma.corpora.offset_units import CODE_POINTS, Bounds, matches_quotation, units_of
from onoma.corpora.tally import ReadTally
from onoma.text import Document, Entity, Sentence, Word


@dataclass(frozen=True, slots=True, kw_only=True)
class RawSpan:
    """A labelled span as in the file, not validated: each attribute may have any value."""

    start: object
    end: object
    label: object
    score: object = None
    text: object = None

    def __str__(self) -> str:
        quoted = f" {self.text!r}" if self.text is not None else ""
        return f"[{self.start}, {self.end}) {self.label}{quoted}"


@dataclass(slots=True, kw_only=True)
class Annotated:
    """A text and its annotations as in the file.

    Attributes:
        words: bounds of the words; None if the file gives none.
        sentences: bounds of the sentences, optionally with a name; None if the file gives none.
        unusable: annotations of entities that are no labelled spans, as pairs of reason and annotation.
        left_out: annotations that are no entities or are not to be read, in the same form.
        layers: spans of further tasks, by name.
        unread: keys that are not read, one item for each occurrence.
    """

    text: str
    id: str = ""
    spans: list[RawSpan] = field(default_factory=list)
    words: Sequence[object] | None = None
    sentences: Sequence[object] | None = None
    meta: dict[str, object] = field(default_factory=dict)
    unusable: list[tuple[str, str]] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    layers: dict[str, list[RawSpan]] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)


def build_document(
    annotated: Annotated, *, where: str, tally: ReadTally, usual_unit: Callable[[], str] = lambda: CODE_POINTS
) -> Document:
    """Check the spans against the text, and return a Document with the valid ones.

    Args:
        annotated: the text and its annotations.
        where: path and line, for the tally.
        tally: counts adjustments and omissions.
        usual_unit: returns the unit of the file's offsets, for spans that fit several; see :mod:`offset_units`.
    """
    converter = _SpanConverter(annotated, usual_unit)
    for counter, omitted in ((tally.unusable, annotated.unusable), (tally.left_out, annotated.left_out)):
        for reason, what in omitted:
            counter.add(reason, where=where, what=what)
    tally.unread.update(annotated.unread)

    def convert_spans(spans: Iterable[RawSpan]) -> list[Entity]:
        entities: list[Entity] = []
        for span in spans:
            converted = converter.entity(span)
            if isinstance(converted, str):
                tally.unusable.add(converted, where=where, what=str(span))
                continue
            if converted.start != span.start or converted.end != span.end:
                tally.adjusted.add(f"offsets count {converter.units}; read so", where=where, what=str(span))
            if span.score is not None and converted.score is None:
                tally.adjusted.add("the score is not a number from 0 to 1; left out", where=where, what=str(span))
            entities.append(converted)
        return entities

    words = sentences = None
    if annotated.words is not None:
        bounds = _parse_bounds(annotated.words, annotated.text)
        if bounds is None:
            tally.adjusted.add("the words are not ordered spans of the text; left out", where=where, what="words")
        else:
            words = tuple(Word(start=start, end=end, text=annotated.text[start:end]) for start, end, _ in bounds)
    if annotated.sentences is not None:
        bounds = _parse_bounds(annotated.sentences, annotated.text)
        if bounds is None:
            reason = "the sentences are not ordered spans of the text; left out"
            tally.adjusted.add(reason, where=where, what="sentences")
        else:
            sentences = tuple(Sentence(start=start, end=end, id=name) for start, end, name in bounds)
    document = Document(annotated.text, id=annotated.id, words=words, sentences=sentences, meta=annotated.meta)
    document = document.with_entities(convert_spans(annotated.spans))
    return document.with_layers({name: convert_spans(spans) for name, spans in annotated.layers.items()})


def bounds_of(annotated: Annotated) -> list[Bounds]:
    """Return the bounds of all spans that have whole numbers for them, for :mod:`offset_units`."""
    return [
        (span.start, span.end, span.text if isinstance(span.text, str) else None)
        for span in chain(annotated.spans, *annotated.layers.values())
        if type(span.start) is int and type(span.end) is int
    ]


class _SpanConverter:
    """Converter of the spans of one document to entities."""

    def __init__(self, annotated: Annotated, usual_unit: Callable[[], str]) -> None:
        self._text = annotated.text
        self.units, self._code_points = units_of(annotated.text, bounds_of(annotated), usual=usual_unit)

    def entity(self, span: RawSpan) -> Entity | str:
        """Return the entity, or the reason why the span is invalid."""
        start, end, label = span.start, span.end, span.label
        if isinstance(label, int):
            return "the span has a number in place of a label; export the names of the labels"
        if not isinstance(label, str) or not label:
            return "the span has no label"
        if type(start) is not int or type(end) is not int:
            return "the span has no whole numbers for its bounds"
        if not start < end:
            return "the span is empty"
        if start < 0 or end >= len(self._code_points):
            return "the span reaches outside the text"
        start, end = self._code_points[start], self._code_points[end]
        if start == end:
            return "the span is empty"
        covered_text = self._text[start:end]
        if isinstance(span.text, str) and not matches_quotation(covered_text, span.text):
            return "the span quotes a text that differs from the document"
        return Entity(start=start, end=end, label=label, score=_probability(span.score), text=covered_text)


def _probability(score: object) -> float | None:
    """Return a score; None if it is not a number from 0 to 1."""
    if isinstance(score, bool) or not isinstance(score, int | float):
        return None
    return float(score) if 0 <= score <= 1 else None


def _parse_bounds(bounds: Sequence[object], text: str) -> list[tuple[int, int, str]] | None:
    """Return bounds with their names; None unless they are ordered, without overlap and inside the text."""
    result: list[tuple[int, int, str]] = []
    position = 0
    for item in bounds:
        if not isinstance(item, list | tuple) or not 2 <= len(item) <= 3:
            return None
        start, end, name = item[0], item[1], item[2] if len(item) == 3 else ""
        if type(start) is not int or type(end) is not int or not position <= start <= end <= len(text):
            return None
        result.append((start, end, str(name)))
        position = end
    return result
