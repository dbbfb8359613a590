"""Check of entity spans: white space at the ends, parts of words, overlaps, and crossed sentences, lines and cells."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator

from onoma.doctor.finding import Finding, LocatedDocument, Severity, shown
from onoma.text import Entity, Span

CHECK = "span"

_BLANK_LINE = re.compile(r"\n\s*\n")


def check_spans(cases: Iterable[LocatedDocument]) -> Iterator[Finding]:
    """Check each entity by itself, and compare it with the other entities of its document."""
    for case in cases:
        if case.document.entities:
            yield from _check_entities(case)
            yield from _check_overlaps(case)


def trimmed(entity: Span, text: str) -> Span | None:
    """Return the span without white space at its ends, or None if it contains only white space."""
    inside = text[entity.start : entity.end]
    start = entity.start + len(inside) - len(inside.lstrip())
    end = entity.start + len(inside.rstrip())
    return Span(start=start, end=end) if start < end else None


def _check_entities(case: LocatedDocument) -> Iterator[Finding]:
    document = case.document
    words = case.words
    starts, ends = {word.start for word in words}, {word.end for word in words}
    sentence_starts = [sentence.start for sentence in document.sentences or ()]
    for entity in document.entities:
        inner = trimmed(entity, document.text)
        if inner is None:
            fix = "remove it; --fix does"
            yield _finding(case, entity, "warning", "the entity covers nothing but white space", fix, fixable=True)
            continue
        if (inner.start, inner.end) != (entity.start, entity.end):
            fix = f"end it at characters {inner.start} and {inner.end}; --fix does"
            yield _finding(case, entity, "warning", "white space belongs to no entity", fix, fixable=True)
        if inner.start not in starts or inner.end not in ends:
            why = "the entity begins or ends inside a word; tags need whole words, so it is widened"
            yield _finding(case, entity, "warning", why, "move the bound to the word's, or split the word")
        if bisect_right(sentence_starts, inner.start) != bisect_right(sentence_starts, inner.end - 1):
            why = "the entity crosses the end of a sentence, and models do not predict such entities"
            yield _finding(case, entity, "warning", why, "join the sentences, or split the entity")
        elif (crossed := _find_crossed_boundary(document.text[inner.start : inner.end])) is not None:
            yield _finding(case, entity, *crossed)


def _find_crossed_boundary(text: str) -> tuple[Severity, str, str] | None:
    """Return severity, reason and fix if an entity's text crosses a blank line, a tab or a line end, else None."""
    if _BLANK_LINE.search(text):
        why = "the entity crosses a blank line, and models do not predict such entities"
        return "warning", why, "split the entity, or remove the blank line"
    if "\t" in text:
        return "warning", "the entity crosses a tab, as between two cells of a table", "split the entity"
    if "\n" in text:
        return "note", "the entity crosses the end of a line", "nothing, if lines are wrapped; else split the entity"
    return None


def _check_overlaps(case: LocatedDocument) -> Iterator[Finding]:
    labels: dict[tuple[int, int], list[str]] = defaultdict(list)
    widest: Entity | None = None
    for entity in case.document.entities:
        span_labels = labels[entity.start, entity.end]
        if span_labels:
            is_duplicate = entity.label in span_labels
            why = (
                "the entity is annotated twice"
                if is_duplicate
                else f"the same span also has the label {span_labels[0]}"
            )
            fix = "remove one; --fix does" if is_duplicate else "decide for one label"
            yield _finding(case, entity, "warning" if is_duplicate else "error", why, fix, fixable=is_duplicate)
        elif widest is not None and entity.start < widest.end:
            why = f"it overlaps {shown(widest.text)} {widest.label}; a model with one tag a word learns the longer one"
            yield _finding(case, entity, "note", why, "nothing, if nested entities are wanted; else remove one")
        span_labels.append(entity.label)
        widest = entity if widest is None or entity.end > widest.end else widest


def _finding(
    case: LocatedDocument, entity: Entity, severity: Severity, why: str, fix: str, *, fixable: bool = False
) -> Finding:
    what = f"{shown(entity.text)} {entity.label}"
    return Finding.at(case, entity, check=CHECK, severity=severity, what=what, why=why, fix=fix, fixable=fixable)
