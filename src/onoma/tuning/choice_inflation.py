"""How much choosing the best of many trials on a dev set adds to its F1 there, estimated on halves of the dev set.

The chosen trial suits the dev set by chance: the trial that is best on one half has a higher F1 there than on the other
half.

Source: Cawley and Talbot 2010, "On over-fitting in model selection", JMLR 11.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean

import numpy as np

from onoma.tuning.records import TrialRecord

_HALVINGS = 1_000
_MIN_BLOCKS = 10


def choice_inflation(trials: Sequence[TrialRecord]) -> float | None:
    """Estimate how much higher the best trial's F1 is on dev than on other text of the same kind.

    Dev is split into random halves many times. The estimate is the mean of how much higher the F1 of the trial that is
    best on one half is there than on the other half, minus the same difference averaged over all trials. It is divided
    by the square root of two, since chance has less effect on the whole of dev.

    Args:
        trials: the finished trials; those without counts are ignored.

    Returns:
        A fraction of 1; None if fewer than two trials have counts of the same documents, or if dev is too small.
    """
    arrays = [trial.array for trial in trials if trial.counts is not None]
    arrays = [array for array in arrays if np.array_equal(array[:, 2], arrays[0][:, 2])]
    if len(arrays) < 2 or len(arrays[0]) < _MIN_BLOCKS:
        return None
    counts = np.stack(arrays)
    rng = np.random.default_rng(0)
    excesses = []
    for _ in range(_HALVINGS):
        order = rng.permutation(counts.shape[1])
        first, second = (_f1(counts[:, half]) for half in np.array_split(order, 2))
        differences = first - second
        excesses.append(float(differences[first.argmax()] - differences.mean()))
    return max(0.0, fmean(excesses) / math.sqrt(2))


def _f1(counts: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    correct, predicted, gold = np.moveaxis(counts.sum(axis=1), -1, 0)
    return np.asarray(2 * correct / np.maximum(1, predicted + gold), dtype=np.float64)
