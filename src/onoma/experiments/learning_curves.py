"""Learning curves: F1 on dev by number of training sentences, measured in a comparison and forecast beyond it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from onoma.errors import InputError
from onoma.experiments.forecast import FEWEST_SIZES, DevSize, Forecast, forecast
from onoma.experiments.records import CellRecord

_FORECAST_FACTOR = 2
"""Learning curves are forecast at this multiple of the largest size."""

_EXTRA_SENTENCES = 500
"""Number of additional sentences for which F1 is forecast too."""

_MAX_FACTOR = 4
"""Largest multiple of the largest size at which F1 is forecast; forecasts were checked up to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningCurve:
    """F1 on dev of a candidate on a corpus by number of training sentences, measured and forecast.

    Attributes:
        corpus, candidate: names of the corpus and of the candidate.
        runs: F1 of each run, by number of training sentences.
        dev: size of the dev set.
        forecasts: forecasts at larger sizes; empty if fewer than three sizes were trained, or if F1 cannot be forecast.
        no_forecast: why F1 cannot be forecast although at least three sizes were trained; otherwise empty.
    """

    corpus: str
    candidate: str
    runs: Mapping[int, Sequence[float]]
    dev: DevSize
    forecasts: tuple[Forecast, ...] = ()
    no_forecast: str = ""


def learning_curves(
    records: Sequence[CellRecord], *, dev_sizes: Mapping[tuple[str, str], DevSize]
) -> list[LearningCurve]:
    """Return a learning curve for each candidate that was trained at several sizes.

    Args:
        records: records of all cells; the curves are in their order.
        dev_sizes: size of the dev set, by corpus and candidate.
    """
    curves = []
    for corpus, candidate in dict.fromkeys((record.corpus, record.candidate) for record in records):
        runs: dict[int, list[float]] = {}
        for record in records:
            if (record.corpus, record.candidate) == (corpus, candidate) and not record.error:
                runs.setdefault(record.train_sentences, []).append(record.dev["f1"])
        if len(runs) > 1:
            curve = LearningCurve(corpus=corpus, candidate=candidate, runs=runs, dev=dev_sizes[corpus, candidate])
            curves.append(_with_forecast(curve))
    return curves


def _with_forecast(curve: LearningCurve) -> LearningCurve:
    if len(curve.runs) < FEWEST_SIZES:
        return curve
    last_size = max(curve.runs)
    sizes = sorted({min(last_size + _EXTRA_SENTENCES, _MAX_FACTOR * last_size), _FORECAST_FACTOR * last_size})
    try:
        forecasts = forecast(curve.runs, sizes, dev=curve.dev)
        return replace(curve, forecasts=tuple(forecasts))
    except InputError as error:
        return replace(curve, no_forecast=str(error))
