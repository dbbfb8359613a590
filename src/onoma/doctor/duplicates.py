"""Check for passages that occur twice: within one part, or in two parts, such as in train and test.

A passage is a sentence if the document has several, else the whole document. Passages of fewer than five words are
ignored.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from onoma.doctor.finding import Finding, LocatedDocument, Severity, shown
from onoma.doctor.shingles import near_pairs
from onoma.doctor.surface_forms import words_of
from onoma.text import Document, Entity, Span

_MIN_PASSAGE_WORDS = 5
"""Minimum number of words of a passage; repeated passages with fewer words are ignored."""

_PART_ORDER = {"train": 0, "": 1, "dev": 2, "test": 3}


@dataclass(frozen=True, slots=True)
class _Passage:
    case: LocatedDocument
    span: Span
    words: tuple[str, ...]
    annotation: tuple[tuple[int, int, str], ...]

    @property
    def text(self) -> str:
        return self.case.document.text[self.span.start : self.span.end]


def check_duplicates(cases: Sequence[LocatedDocument]) -> Iterator[Finding]:
    """Report each passage that is equal or similar to an earlier one; the parts are ordered train, dev, test."""
    ordered = sorted(cases, key=lambda case: _PART_ORDER.get(case.part, len(_PART_ORDER)))
    groups: dict[tuple[str, ...], list[_Passage]] = defaultdict(list)
    for case in ordered:
        for passage in _passages(case):
            groups[passage.words].append(passage)
    for passages in groups.values():
        for later in passages[1:]:
            yield _report_equal(passages[0], later)
    passage_groups = list(groups.values())
    for before, after, similarity in near_pairs(list(groups)):
        yield _report_similar(passage_groups[before][0], passage_groups[after][0], similarity)


def repeated(documents: Sequence[Document]) -> set[int]:
    """Return the positions of documents with the same text and entities as an earlier one; short ones are ignored."""
    seen: set[tuple[str, tuple[tuple[int, int, str], ...]]] = set()
    duplicates: set[int] = set()
    for position, document in enumerate(documents):
        key = (document.text, _annotation(document.entities, 0))
        if key in seen and len(words_of(document)) >= _MIN_PASSAGE_WORDS:
            duplicates.add(position)
        seen.add(key)
    return duplicates


def _passages(case: LocatedDocument) -> Iterator[_Passage]:
    document = case.document
    words = case.words
    starts = [word.start for word in words]
    entity_starts = [entity.start for entity in document.entities]
    whole_text = [Span(start=0, end=len(document.text))]
    sentences: Sequence[Span] = document.sentences if document.sentences and len(document.sentences) > 1 else whole_text
    for span in sentences:
        passage_words = [
            word.text.casefold() for word in words[bisect_left(starts, span.start) : bisect_left(starts, span.end)]
        ]
        if len(passage_words) >= _MIN_PASSAGE_WORDS:
            first, end = bisect_left(entity_starts, span.start), bisect_left(entity_starts, span.end)
            annotation = _annotation(document.entities[first:end], span.start)
            yield _Passage(case, span, tuple(passage_words), annotation)


def _annotation(entities: Iterable[Entity], start: int) -> tuple[tuple[int, int, str], ...]:
    """Return the different entities as sorted tuples, with offsets relative to the start of their passage."""
    return tuple(sorted({(entity.start - start, entity.end - start, entity.label) for entity in entities}))


def _report_equal(earlier: _Passage, later: _Passage) -> Finding:
    is_consistent = earlier.annotation == later.annotation or earlier.text != later.text
    where = earlier.case.where(earlier.span.start)
    severity: Severity = "warning"
    fixable = False
    if later.case.part != earlier.case.part:
        check, severity = "leak", "error"
        why = f"the same words are in {earlier.case.part or 'another part'}, at {where}, so it measures nothing new"
        fix = "remove it from one of the two"
    elif is_consistent:
        check = "duplicate"
        why = f"the same words are at {where}"
        fixable = earlier.case.file == later.case.file and earlier.case.document.text == later.case.document.text
        fix = "remove one; --fix does" if fixable else "remove one, unless it counts twice on purpose"
    else:
        check, severity = "duplicate", "error"
        why = f"the same text is annotated differently at {where}"
        fix = "annotate both in the same way"
    if not is_consistent:
        why += _describe_difference(earlier, later)
    return _finding(later, check, severity, why, fix, fixable=fixable)


def _report_similar(earlier: _Passage, later: _Passage, similarity: float) -> Finding:
    leak = earlier.case.part != later.case.part
    where = earlier.case.where(earlier.span.start)
    part = f" in {earlier.case.part or 'another part'}" if leak else ""
    why = f"{similarity:.0%} of its runs of three words are in one passage{part}, at {where}"
    fix = "remove one of the two, unless texts are alike by nature"
    return _finding(later, "leak" if leak else "duplicate", "warning" if leak else "note", why, fix, score=similarity)


def _describe_difference(earlier: _Passage, later: _Passage) -> str:
    differences = [
        sorted(set(one.annotation) - set(other.annotation)) for one, other in ((earlier, later), (later, earlier))
    ]
    annotations = [
        ", ".join(f"{passage.text[start:end]} {label}" for start, end, label in entities) or "nothing"
        for passage, entities in zip((earlier, later), differences, strict=True)
    ]
    return f" (there {annotations[0]}; here {annotations[1]})"


def _finding(
    passage: _Passage, check: str, severity: Severity, why: str, fix: str, *, score: float = 1.0, fixable: bool = False
) -> Finding:
    return Finding.at(
        passage.case,
        passage.span,
        check=check,
        severity=severity,
        what=shown(passage.text),
        why=why,
        fix=fix,
        score=score,
        fixable=fixable,
    )
