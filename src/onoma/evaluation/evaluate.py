"""Evaluation of a tagger on annotated documents, which it tags like any other documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import tee

from onoma.bundle import ENTITIES
from onoma.evaluation.layers import tag_layer
from onoma.metrics import Against, Aligned, Report, Sample, TrainingForms, align, compare, detailed_report, tally
from onoma.tagger import Tagger
from onoma.text import Document


def evaluate(tagger: Tagger, gold: Iterable[Document]) -> Report:
    """Tag gold documents, with their entities hidden from the tagger, and score the predicted entities."""
    return tally(tag_gold(tagger, gold))


def tag_gold(tagger: Tagger, gold: Iterable[Document]) -> Iterator[Aligned]:
    """Tag gold documents, with their entities hidden from the tagger, and align the predicted documents with them."""
    gold, inputs = tee(gold)
    return align(gold, tag_layer(tagger, ENTITIES, inputs))


def full_report(
    pairs: Sequence[Aligned],
    *,
    against: tuple[str, Sequence[Aligned]] | None = None,
    seeds: Sequence[Sequence[Aligned]] = (),
    train: Iterable[Document] | None = None,
) -> Report:
    """Return the full report on a system: metrics, intervals, errors, reliability and comparison with other systems.

    Args:
        pairs: gold documents with the system's predictions.
        against: name of another system, and the same gold documents with its predictions, for paired tests.
        seeds: the same gold documents with the predictions of further runs with other seeds, for mean and standard
            deviation.
        train: training text, to distinguish entities that it contains from new ones.
    """
    report = detailed_report(pairs, training=None if train is None else TrainingForms.of(train))
    other_system = None
    if against is not None:
        name, other_pairs = against
        comparison = compare(Sample.of(pairs), Sample.of(other_pairs))
        other_system = Against(name=name, report=tally(other_pairs), comparison=comparison)
    return replace(report, against=other_system, runs=tuple(map(tally, seeds)))
