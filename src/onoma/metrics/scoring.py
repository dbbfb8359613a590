"""Scoring of predicted documents against gold documents. This module adds up counts that other modules compute."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from onoma.counting import counted
from onoma.metrics.align import Aligned, align
from onoma.metrics.counting import SurfaceForms, count_exact, count_partial, count_words
from onoma.metrics.counts import Counts
from onoma.metrics.errors import TrainingForms, analyse_errors
from onoma.metrics.intervals import bootstrap
from onoma.metrics.reliability import Scored, reliability
from onoma.metrics.report import Report
from onoma.metrics.sample import FEWEST_DOCUMENTS, Sample
from onoma.metrics.semeval import SemEval, count_semeval
from onoma.text import Document


def score(gold: Iterable[Document], predicted: Iterable[Document]) -> Report:
    """Score predicted documents against gold documents.

    Args:
        gold: documents with the entities that should be found. Entities of labels that a gold document leaves
            unannotated are not scored, neither gold nor predicted ones.
        predicted: documents with the same running text in the same order; document and sentence boundaries may differ
            if both sides have given words. Both arguments may be generators; they are read in step.

    Raises:
        InputError: the texts diverge; the message says where.

    >>> text = Document("Ada met Babbage.")
    >>> gold = text.with_entities([text.entity(0, 3, "PER"), text.entity(8, 15, "PER")])
    >>> score([gold], [text.with_entities([text.entity(0, 3, "PER")])]).exact.recall
    0.5
    """
    return tally(align(gold, predicted))


def tally(pairs: Iterable[Aligned]) -> Report:
    """Score documents that are already aligned."""
    counting = Tally()
    for pair in pairs:
        counting.add(pair)
    return counting.report()


def detailed_report(pairs: Sequence[Aligned], *, training: TrainingForms | None = None) -> Report:
    """Score aligned documents, with intervals, errors, and the reliability of scores if there are any.

    Args:
        pairs: aligned documents from :func:`~onoma.metrics.align.align`.
        training: surface forms of the training text.
    """
    report, scored = tally(pairs), Scored.of(pairs)
    intervals = bootstrap(Sample.of(pairs))
    small_sample_notes = (f"the intervals are based on only {intervals.resampled}; so few make them too narrow",)
    score_notes = ("some scores are not between 0 and 1; as they are not probabilities, they are not evaluated",)
    return replace(
        report,
        intervals=intervals,
        errors=analyse_errors(pairs, training=training),
        reliability=reliability(scored),
        notes=(
            *report.notes,
            *_notes_on_repeated(pairs),
            *(small_sample_notes if intervals.units < FEWEST_DOCUMENTS else ()),
            *(() if scored.are_probabilities else score_notes),
        ),
    )


def _notes_on_repeated(pairs: Sequence[Aligned]) -> Iterator[str]:
    """Yield a note if gold entities are annotated more than once, and one if entities are predicted more than once."""
    annotated = sum(len(pair.gold) - len(set(pair.gold)) for pair in pairs)
    predicted = sum(len(pair.predicted) - len(set(pair.predicted)) for pair in pairs)
    if annotated:
        advice = "`onoma check --fix` removes the second"
        text = counted(annotated, "gold entity is", "gold entities are")
        yield f"{text} annotated twice and counted twice; {advice}"
    if predicted:
        yield f"{counted(predicted, 'entity is', 'entities are')} predicted twice and counted twice"


class Tally:
    """Running counts of the documents added so far."""

    def __init__(self) -> None:
        self._labels: dict[str, Counts] = {}
        self._partial = Counts()
        self._surface = SurfaceForms()
        self._semeval = SemEval()
        self._words: Counts | None = None
        self._documents = 0
        self._by_words = 0
        self._respelled = 0

    def add(self, aligned: Aligned) -> None:
        """Add the counts of one document."""
        self._documents += 1
        self._by_words += aligned.by_words
        self._respelled += aligned.respelled
        if aligned.gold or aligned.predicted:
            for label, counts in count_exact(aligned.gold, aligned.predicted).items():
                self._labels[label] = self._labels.get(label, Counts()) + counts
            self._partial += count_partial(aligned.gold, aligned.predicted)
            self._semeval += count_semeval(aligned.gold, aligned.predicted)
            self._surface.add(aligned.gold, aligned.predicted)
        words = count_words(aligned)
        if words is not None:
            self._words = words + (self._words or Counts())

    def report(self) -> Report:
        """Return the report of all documents added so far."""
        labels = dict(sorted(self._labels.items()))
        return Report(
            exact=sum(labels.values(), Counts()),
            surface=self._surface.counts(),
            partial=self._partial,
            labels=labels,
            semeval=self._semeval,
            words=self._words,
            documents=self._documents,
            notes=(*self._alignment_notes(), *_label_notes(labels)),
        )

    def _alignment_notes(self) -> list[str]:
        notes = []
        if self._by_words:
            notes.append(
                f"the texts of {self._by_words} of {self._documents} documents differ, in bounds, blanks or spelling; "
                "they were aligned by their words"
            )
        if self._respelled:
            notes.append(
                f"{self._respelled} words are spelled differently in predicted and gold; they were aligned by position"
            )
        return notes


def _label_notes(labels: Mapping[str, Counts]) -> list[str]:
    gold_labels = [label for label, counts in labels.items() if counts.gold]
    unknown_labels = [label for label, counts in labels.items() if not counts.gold]
    if not gold_labels:
        return ["gold has no entities; recall is 0 by definition"]
    if not unknown_labels:
        return []
    note = f"predicted has labels that gold never has: {', '.join(unknown_labels)}; gold has {', '.join(gold_labels)}"
    has_common = any(counts.gold and counts.predicted for counts in labels.values())
    return [note if has_common else f"{note}; none is in both, and --label OLD=NEW renames labels of a file"]
