"""Resampling: intervals, paired tests, deviation over runs."""

from __future__ import annotations

import time
from functools import partial

import numpy as np
import pytest

from onoma.errors import InputError
from onoma.metrics import Counts, Report, Sample, align, bootstrap, compare, detailed_report, score, spread
from onoma.text import Document
from support.annotated import annotated

TEXT = "Ada met Bob"
BOTH = [(0, 3, "PER"), (8, 11, "PER")]

marked = partial(annotated, TEXT)


def sample(right: int, wrong: int) -> Sample:
    """As many documents with a gold entity that was found, and that was not."""
    return Sample(("PER",), np.asarray([[[1, 1, 1]]] * right + [[[0, 0, 1]]] * wrong))


def test_the_interval_is_that_of_the_binomial_distribution() -> None:
    low, high = bootstrap(sample(60, 40), resamples=20_000).exact.recall
    assert (low, high) == pytest.approx((0.504, 0.696), abs=0.015)


def test_a_report_has_intervals_around_its_figures() -> None:
    gold = [marked(*BOTH)] * 30
    predicted = [marked(BOTH[0], (8, 11, "LOC"))] * 10 + [marked(BOTH[0])] * 20
    report = detailed_report(list(align(gold, predicted)))
    assert report.intervals is not None
    assert (report.intervals.unit, report.intervals.units) == ("documents", 30)
    assert set(report.intervals.labels) == set(report.labels)
    low, high = report.intervals.exact.f1
    assert low < report.exact.f1 < high
    assert report.intervals == detailed_report(list(align(gold, predicted))).intervals
    assert report.exact == score(gold, predicted).exact


def test_sentences_are_resampled_where_there_are_few_documents() -> None:
    gold = Document.from_words([["Ada"], ["met", "Bob"], ["there"]])
    gold = gold.with_entities([gold.entity(0, 3, "PER"), gold.entity(8, 11, "PER")])
    found = Sample.of(list(align([gold], [gold.with_entities([gold.entity(8, 11, "PER")])])))
    assert found.unit == "sentences"
    assert found.counts[:, 0].tolist() == [[0, 0, 1], [1, 1, 1], [0, 0, 0]]
    assert found.counts.sum(axis=0).tolist() == [[1, 1, 2]]


def test_a_note_says_that_there_are_few_units() -> None:
    report = detailed_report(list(align([marked(*BOTH)] * 3, [marked(*BOTH)] * 3)))
    assert report.notes == ("the intervals are based on only 3 documents; so few make them too narrow",)


def test_a_note_says_that_entities_count_twice() -> None:
    gold, predicted = marked(*BOTH, BOTH[0]), marked(*BOTH, *BOTH)
    report = detailed_report(list(align([gold] * 20, [predicted] * 20)))
    assert report.notes == (
        "20 gold entities are annotated twice and counted twice; `onoma check --fix` removes the second",
        "40 entities are predicted twice and counted twice",
    )
    assert (report.exact.correct, report.exact.predicted, report.exact.gold) == (60, 80, 60)


def test_nothing_has_an_interval_of_nothing() -> None:
    assert bootstrap(Sample.of([])).exact.f1 == (0, 0)
    assert bootstrap(Sample.of(list(align([Document("x")], [Document("x")])))).exact.f1 == (0, 0)


def test_a_system_does_not_differ_from_itself() -> None:
    found = compare(sample(60, 40), sample(60, 40)).f1
    assert (found.value, found.interval, found.randomisation, found.bootstrap) == (0, (0, 0), 1, 1)


def test_randomisation_agrees_with_the_sign_test() -> None:
    """Of twelve documents in which one system alone is right ours is the one in ten: 2 * (1 + 12 + 66) / 4096."""
    ours, theirs = np.zeros((40, 1, 3), dtype=int), np.zeros((40, 1, 3), dtype=int)
    ours[:, 0, 2] = theirs[:, 0, 2] = 1
    ours[:10, 0, :2] = theirs[10:12, 0, :2] = 1
    found = compare(Sample(("PER",), ours), Sample(("PER",), theirs), rounds=40_000)
    assert found.recall.value == 0.2
    assert found.recall.randomisation == pytest.approx(2 * 79 / 4096, abs=0.005)
    assert found.recall.bootstrap < 0.05
    assert found.recall.interval.low > 0
    assert (found.units, found.differing) == (40, 12)


def test_swapping_the_systems_turns_the_sign() -> None:
    one, other = compare(sample(60, 40), sample(50, 50)).f1, compare(sample(50, 50), sample(60, 40)).f1
    assert one.value == -other.value
    assert one.randomisation == pytest.approx(other.randomisation, abs=0.02)


def test_systems_on_other_gold_are_not_compared() -> None:
    with pytest.raises(InputError, match="same gold"):
        compare(sample(3, 4), sample(3, 5))


def test_ten_thousand_documents_are_resampled_in_seconds() -> None:
    rng = np.random.default_rng(0)
    gold = rng.poisson(2, size=(10_000, 6))
    correct = rng.binomial(gold, 0.7)
    counts = np.stack([correct, correct + rng.poisson(0.5, size=gold.shape), gold], axis=2)
    start = time.process_time()
    bootstrap(Sample(tuple("ABCDEF"), counts))
    assert time.process_time() - start < 5


def test_runs_have_mean_and_deviation() -> None:
    reports = []
    for correct in (4, 5, 6):
        counts = Counts(correct=correct, predicted=10, gold=10)
        reports.append(Report(exact=counts, surface=counts, partial=counts, labels={"PER": counts}))
    figures = spread(reports)
    assert (figures["exact"]["f1"].mean, figures["macro"]["f1"].deviation) == pytest.approx((0.5, 0.1))
    assert spread(reports[:1])["exact"]["f1"].deviation == 0
