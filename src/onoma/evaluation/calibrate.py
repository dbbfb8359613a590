"""Fitting of the calibration that makes the scores of predicted entities match their probability of being correct."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from onoma.bundle import Bundle
from onoma.errors import InputError
from onoma.metrics import (
    Aligned,
    Point,
    Reliability,
    Scored,
    TargetMetric,
    align,
    choose_threshold,
    reliability,
    threshold_curve,
)
from onoma.runtime import Runner
from onoma.tagger import Tagger
from onoma.tasks import Calibration, Scaling, fit_scaling, fit_temperature
from onoma.text import Document

MIN_ENTITIES = 30
"""Minimum number of predicted entities on which a temperature is fitted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationResult:
    """A fitted calibration, and its effect on the documents on which it was fitted.

    Attributes:
        temperature: temperature, by which tag scores are divided.
        scaling: scaling of an entity's probability, applied after the temperature.
        before: reliability of the scores without calibration.
        after: reliability of the calibrated scores.
        curves: precision and recall at every threshold of the calibrated scores, for each label.
        chosen: requested thresholds, by metric and by label; None for a label that cannot reach the requested value.
        notes: remarks on how the annotated text was read, and on what had to be repaired or left out.
    """

    temperature: float
    scaling: Scaling
    before: Reliability
    after: Reliability
    curves: Mapping[str, tuple[Point, ...]]
    chosen: Mapping[TargetMetric, Mapping[str, Point | None]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def thresholds(self, *, wanted: float, of: TargetMetric) -> dict[str, Point | None]:
        """Return, for each label, the threshold that reaches a precision or a recall; None if no threshold does."""
        return {label: choose_threshold(curve, wanted=wanted, of=of) for label, curve in self.curves.items()}

    def choosing(self, *, precision: float | None, recall: float | None) -> CalibrationResult:
        """Return a copy with the thresholds that reach a precision, a recall, or both."""
        figures: dict[TargetMetric, float | None] = {"precision": precision, "recall": recall}
        requested = {of: figure for of, figure in figures.items() if figure is not None}
        return replace(self, chosen={of: self.thresholds(wanted=figure, of=of) for of, figure in requested.items()})

    def to_json(self) -> dict[str, object]:
        """Return plain values for :func:`json.dumps`."""
        return {
            "temperature": self.temperature,
            "slope": self.scaling.slope,
            "intercept": self.scaling.intercept,
            "before": self.before.to_json(),
            "after": self.after.to_json(),
            "thresholds": {
                of: {label: point and point.to_json() for label, point in points.items()}
                for of, points in self.chosen.items()
            },
            "curves": {label: [point.to_json() for point in curve] for label, curve in self.curves.items()},
        }


def calibrate(bundle: Bundle, backend: Runner, gold: Sequence[Document]) -> CalibrationResult:
    """Fit the calibration with which the scores of predicted entities best predict whether they are correct.

    The loss is the mean log loss of the scores; an entity is correct if it is an exact match. The temperature is fitted
    first, then the scaling. The model runs once over the documents.

    Args:
        bundle: model to calibrate; its own calibration is ignored.
        backend: backend that runs the model.
        gold: annotated documents on which the model was not trained.

    Raises:
        InputError: too few entities are predicted, or all of them are correct, or none, so that no temperature can be
            fitted.
    """
    gold = list(gold)
    tagger = Tagger(bundle, backend)
    predictions = list(tagger.predict_many(replace(document, entities=()) for document in gold))

    def decode_at(temperature: float) -> tuple[Aligned, ...]:
        task = bundle.task().with_calibration(Calibration(temperature=temperature))
        return tuple(align(gold, (each.decoded_by(task) for each in predictions)))

    scored = Scored.of(decode_at(1.0))
    predicted, correct = len(scored.scores), int(scored.correct.sum())
    before = reliability(scored)
    gold_labels = {entity.label for document in gold for entity in document.entities}
    if predicted and gold_labels and gold_labels.isdisjoint(tagger.labels):
        theirs, ours = ", ".join(sorted(gold_labels)), ", ".join(tagger.labels)
        raise InputError(
            f"the model has none of the labels of gold: {ours}, not {theirs}; --label OLD=NEW renames those of a file"
        )
    if before is None or predicted < MIN_ENTITIES or correct in (0, predicted):
        raise InputError(
            f"of {predicted:,} predicted entities {correct:,} are correct; a temperature is fitted on at least "
            f"{MIN_ENTITIES}, some correct and some not; use more text, on which the model was not trained"
        )
    temperature = fit_temperature(lambda value: Scored.of(decode_at(value)).log_loss())
    pairs = decode_at(temperature)
    scored = Scored.of(pairs)
    scaling = fit_scaling(scored.scores, scored.correct)

    def apply_scaling(scored: Scored) -> Scored:
        return replace(scored, scores=scaling(scored.scores))

    after = reliability(apply_scaling(scored))
    labels = sorted({mention.label for pair in pairs for mention in (*pair.gold, *pair.predicted)})
    curves = {label: threshold_curve(apply_scaling(Scored.of(pairs, label=label))) for label in labels}
    return CalibrationResult(
        temperature=temperature, scaling=scaling, before=before, after=after or before, curves=curves
    )
