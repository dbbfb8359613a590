"""What scores are worth."""

from __future__ import annotations

import numpy as np
import pytest

from onoma.metrics import Scored, align, choose_threshold, detailed_report, reliability, threshold_curve
from onoma.text import Document

TEXT = "a b c d e f g h"


def predicted(*scores: float | None, right: int) -> Scored:
    """One-letter entities with these scores, of which the first few are right; there are eight gold ones."""
    text = Document(TEXT)
    gold = text.with_entities([text.entity(2 * place, 2 * place + 1, "X") for place in range(8)])
    found = [
        text.entity(2 * place, 2 * place + 1, "X" if place < right else "Y", score=score)
        for place, score in enumerate(scores)
    ]
    return Scored.of(align([gold], [text.with_entities(found)]))


def test_bins_hold_as_many_entities_each() -> None:
    found = reliability(predicted(0.9, 0.7, 0.5, 0.3, right=2), bins=2)
    assert found is not None
    assert [(bin.entities, bin.score, bin.correct) for bin in found.bins] == [(2, 0.4, 0.0), (2, 0.8, 1.0)]
    assert found.ece == pytest.approx(0.3)
    assert found.brier == pytest.approx((0.01 + 0.09 + 0.25 + 0.09) / 4)
    assert found.log_loss == pytest.approx(-np.log([0.9, 0.7, 0.5, 0.7]).mean())


def test_without_scores_there_is_nothing_to_say() -> None:
    assert reliability(predicted(None, None, right=1)) is None
    assert threshold_curve(predicted(None, right=1)) == ()


@pytest.mark.parametrize("score", [97.5, -1.0, float("nan")])
def test_scores_that_are_no_probabilities_are_not_judged(score: float) -> None:
    text = Document(TEXT)
    document = text.with_entities([text.entity(0, 1, "X", score=score), text.entity(2, 3, "X", score=0.5)])
    report = detailed_report(list(align([document], [document])))
    assert report.reliability is None
    assert any("not between 0 and 1" in note for note in report.notes)


def test_calibrated_scores_have_a_small_error() -> None:
    rng = np.random.default_rng(1)
    scores = np.sort(rng.uniform(size=20_000))[::-1]
    found = reliability(Scored(scores, rng.uniform(size=20_000) < scores, 20_000))
    assert found is not None
    assert found.ece < 0.02


def test_true_scores_have_the_error_that_chance_gives() -> None:
    rng = np.random.default_rng(1)
    scores = np.sort(rng.beta(4, 1, size=300))[::-1]
    runs = [reliability(Scored(scores, rng.uniform(size=300) < scores, 300)) for _ in range(400)]
    errors = [run.ece for run in runs if run is not None]
    assert runs[0] is not None
    assert runs[0].ece_by_chance == pytest.approx(np.mean(errors), rel=0.05)


def test_the_curve_has_a_point_for_each_score() -> None:
    curve = threshold_curve(predicted(0.9, 0.8, 0.8, 0.4, right=2))
    assert [(point.threshold, point.precision, point.recall) for point in curve] == [
        (0.9, 1.0, 1 / 8),
        (0.8, pytest.approx(2 / 3), 2 / 8),
        (0.4, 0.5, 2 / 8),
    ]


def test_thresholds_reach_what_is_wanted() -> None:
    curve = threshold_curve(predicted(0.9, 0.8, 0.7, 0.4, right=3))
    precise, found = (
        choose_threshold(curve, wanted=0.9, of="precision"),
        choose_threshold(curve, wanted=0.2, of="recall"),
    )
    assert precise is not None
    assert precise.threshold == 0.7
    assert found is not None
    assert found.threshold == 0.8
    assert choose_threshold(curve, wanted=0.5, of="recall") is None


def test_scores_of_a_single_label() -> None:
    text = Document(TEXT)
    gold = text.with_entities([text.entity(0, 1, "X"), text.entity(2, 3, "Y")])
    scored = [text.entity(0, 1, "X", score=0.9), text.entity(2, 3, "Y", score=0.4)]
    found = Scored.of(align([gold], [text.with_entities(scored)]), label="Y")
    assert (found.scores.tolist(), found.correct.tolist(), found.gold) == ([0.4], [True], 1)


def test_scores_survive_other_document_bounds() -> None:
    halves = [Document.from_words([["Ada"]]), Document.from_words([["met", "Bob"]])]
    whole = Document.from_words([["Ada", "met", "Bob"]])
    whole = whole.with_entities([whole.entity(8, 11, "PER", score=0.75)])
    assert [pair.scores for pair in align(halves, [whole])] == [(), (0.75,)]
