"""A model and annotated text to figures, and to scores that are honest."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from onoma.api.inputs import PathLike, documents_in, name_of
from onoma.api.loading import backend_of, load
from onoma.bundle import AUTO, load_bundle, write_manifest
from onoma.errors import InputError
from onoma.tagger import Tagger
from onoma.text import Document

if TYPE_CHECKING:  # what tagging does not need is imported where it is used
    from onoma.corpora import ReadOptions
    from onoma.evaluation import Calibrated
    from onoma.metrics import Report, Wanted


def evaluate(
    model: PathLike | Tagger,
    data: PathLike | Iterable[Document],
    *,
    format: str | None = None,
    options: ReadOptions | None = None,
    report: PathLike | None = None,
) -> Report:
    """Score a model on annotated text.

    Args:
        model: a folder, or a tagger that is loaded already.
        data: a file in any format that onoma reads, or documents.
        format: the file's format; detected automatically where not given.
        options: how the file is read.
        report: an HTML page to write, with all figures and every wrong sentence.

    Returns:
        The figures; where a page is written also their intervals, the errors, and what scores are worth.

    Raises:
        MissingExtraError: there is to be a page, and what draws its pictures is not installed.
    """
    from onoma.evaluation import evaluate as evaluate_documents

    tagger = model if isinstance(model, Tagger) else load(model)
    documents = documents_in(data, format=format, options=options)
    if report is None:
        return evaluate_documents(tagger, documents)
    from onoma.evaluation import tag_gold
    from onoma.metrics import judge
    from onoma.views.evaluation_page import need_plots, write_evaluation_page

    need_plots()
    pairs = list(tag_gold(tagger, documents))
    found = judge(pairs)
    title = f"{name_of(model, 'model')} on {name_of(data, 'documents')}"
    write_evaluation_page(Path(report), found, pairs, title=title)
    return found


def calibrate(
    model: PathLike,
    data: PathLike | Iterable[Document],
    *,
    format: str | None = None,
    options: ReadOptions | None = None,
    precision: float | None = None,
    recall: float | None = None,
    threads: int | None = None,
) -> Calibrated:
    """Fit a model's calibration on annotated text, so that its scores are honest, and write it into the model.

    With ``precision`` or ``recall`` thresholds are written too: the model then leaves out entities that score less.
    Without them thresholds that it has are taken off.

    Args:
        model: a folder that `onoma train` has written.
        data: a file in any format that onoma reads, or documents; not what the model was trained or is measured on.
        precision: what the entities of each label are to have, at the best recall; a label that cannot have it keeps
            all of its entities.
        recall: what the entities of each label are to keep, at the best precision.
        format: the file's format; detected automatically where not given.
        options: how the file is read.
        threads: processor threads; None for as many as this process may use.

    Raises:
        BundleError: the folder is missing, broken, or of a newer version.
        InputError: the text has too little to fit a calibration on, or both precision and recall are wanted.
    """
    from onoma.bundle import CalibrationCard
    from onoma.evaluation import calibrate as calibrate_bundle

    if precision is not None and recall is not None:
        raise InputError("a threshold is chosen for a precision or for a recall; ask for one of them")

    bundle = load_bundle(Path(model))
    graph = bundle.graph()
    gold = list(documents_in(data, format=format, options=options))
    fitted = calibrate_bundle(bundle, backend_of(bundle, dtype=AUTO, threads=threads), gold)
    calibration = CalibrationCard(
        temperature=fitted.temperature,
        slope=fitted.scaling.slope,
        intercept=fitted.scaling.intercept,
        data=name_of(data, ""),
        entities=sum(bin.entities for bin in fitted.after.bins),
        error_before=fitted.before.ece,
        error_after=fitted.after.ece,
        thresholds=_thresholds(fitted, precision=precision, recall=recall),
    )
    write_manifest(bundle.manifest.with_entities(calibration=calibration), graph.parent)
    return fitted


def _thresholds(fitted: Calibrated, *, precision: float | None, recall: float | None) -> dict[str, float]:
    """The thresholds to keep, rounded down so that the entity which each was taken from stays."""
    wanted: tuple[float, Wanted] | None = None
    if precision is not None:
        wanted = precision, "precision"
    elif recall is not None:
        wanted = recall, "recall"
    if wanted is None:
        return {}
    chosen = fitted.thresholds(wanted=wanted[0], of=wanted[1])
    return {label: math.floor(1e6 * point.threshold) / 1e6 for label, point in chosen.items() if point is not None}
