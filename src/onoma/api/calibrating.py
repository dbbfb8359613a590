"""Calibration of a model's scores on annotated text."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from onoma.api.inputs import PathLike, context_notes, documents_in, name_of, notes_on
from onoma.api.loading import runner_of
from onoma.bundle import CalibrationCard, load_bundle, write_manifest
from onoma.errors import BundleError, InputError
from onoma.text import Document

if TYPE_CHECKING:  # imported inside functions at runtime, so that tagging does not load it
    from onoma.corpora import ReadOptions
    from onoma.evaluation import CalibrationResult


def calibrate(
    model: PathLike,
    data: PathLike | Iterable[Document],
    *,
    precision: float | None = None,
    recall: float | None = None,
    apply: bool = False,
    format: str | None = None,
    options: ReadOptions | None = None,
    threads: int | None = None,
) -> CalibrationResult:
    """Fit a model's calibration on annotated text, so that scores are probabilities, and write it into the model.

    Args:
        model: a folder that `onoma train` has written.
        data: annotated text that is neither training nor test data: a file in any format that onoma reads, or
            documents.
        precision: minimum precision; for each label, the threshold that reaches it with the best recall is chosen.
        recall: minimum recall; for each label, the threshold that reaches it with the best precision is chosen.
        apply: whether to write the thresholds into the model, which then leaves out entities with a lower score. Needs
            exactly one of ``precision`` and ``recall``. A label that cannot reach this minimum gets no threshold, so
            that all its entities are kept. If False, thresholds that the model already has are removed.
        format: format of the file; detected automatically if None.
        options: options for reading the file.
        threads: number of processor threads; None for as many as this process may use.

    Returns:
        The calibration, the reliability of the scores before and after it, and the thresholds.

    Raises:
        BundleError: the folder is missing, broken, of a newer version, or that of a model that comes with onoma.
        InputError: the text has too few entities for a calibration, a minimum is not between 0 and 1, or ``apply`` is
            given without exactly one of ``precision`` and ``recall``.
    """
    from onoma.evaluation import calibrate as calibrate_bundle

    if apply and (precision is None) == (recall is None):
        raise InputError("thresholds are written for a precision or for a recall; pass exactly one of them with apply")
    for name, bound in (("precision", precision), ("recall", recall)):
        if bound is not None and not 0 <= bound <= 1:
            raise InputError(f"{name} {bound:g}: expected a fraction between 0 and 1")
    bundle = load_bundle(Path(model))
    folder = bundle.check_files()
    if bundle.folder != Path(model):
        raise BundleError(f"{model}: comes with onoma and stays as it is; copy its folder {folder} and pass the copy")
    gold = documents_in(data, format=format, options=options)
    documents = list(gold)
    result = calibrate_bundle(bundle, runner_of(bundle, threads=threads), documents)
    notes = (*notes_on(gold), *context_notes(bundle, documents))
    result = replace(result.choosing(precision=precision, recall=recall), notes=notes)
    calibration = CalibrationCard(
        temperature=result.temperature,
        slope=result.scaling.slope,
        intercept=result.scaling.intercept,
        data=name_of(data, ""),
        entities=sum(each.entities for each in result.after.bins),
        error_before=result.before.ece,
        error_after=result.after.ece,
        thresholds=_round_down_thresholds(result) if apply else {},
    )
    write_manifest(bundle.manifest.with_entities(calibration=calibration), folder)
    return result


def _round_down_thresholds(result: CalibrationResult) -> dict[str, float]:
    """Return the chosen thresholds, rounded down so that an entity with exactly this score is kept."""
    (chosen,) = result.chosen.values()
    return {label: math.floor(1e6 * point.threshold) / 1e6 for label, point in chosen.items() if point is not None}
