"""Differences between the logits of two engines for the same model, independent of files and engines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from onoma.encoding import batch_by_length, pad
from onoma.errors import ParityError
from onoma.runtime import Backend, run_one

Windows = Sequence[NDArray[np.int64]]
FlatScores = NDArray[np.float32]

_MAX_BATCH_SUBWORDS = 1_024
"""Maximum number of subwords of a padded batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """Largest differences between tag scores over some windows.

    Attributes:
        engines: largest difference between candidate and reference, with each window in a batch of its own.
        batch: largest difference in the candidate between a window without padding in a batch and the window alone.
        padding: largest difference in the candidate between a window with padding in a batch and the window alone.
        samples: number of windows compared.
    """

    engines: float
    batch: float
    padding: float
    samples: int

    @property
    def largest(self) -> float:
        """Largest of the differences; NaN if any of them is."""
        return float(np.max([self.engines, self.batch, self.padding]))

    def require(self, tolerance: float) -> None:
        """Check that the differences do not exceed the tolerance.

        Raises:
            ParityError: a difference is above the tolerance or NaN.
        """
        if not self.largest <= tolerance:
            figures = ", ".join(f"{field.name} {getattr(self, field.name):.3g}" for field in fields(self))
            raise ParityError(
                f"tag scores differ by up to {self.largest:.3g}, and {tolerance:.3g} is allowed ({figures}); "
                "the graph computes something else than torch, so it was not written; train with another encoder"
            )


def measure_parity(candidate: Backend, reference: Backend, *, samples: Windows) -> Parity:
    """Measure how much a candidate differs from a reference, and from itself in other batches.

    The longest sample, its reversal and its first half are added to the samples and run as one batch, so that there is
    always a batch with two windows of equal length and one with padding.

    Args:
        candidate: engine to check.
        reference: engine whose scores are taken as correct.
        samples: windows of subword ids, ``[subwords]`` each, with the range of lengths that occurs in use.

    Raises:
        ValueError: there are no samples.
    """
    if not samples:
        raise ValueError("parity needs at least one window to compare on")
    longest = max(samples, key=len)
    rows = [longest, longest[::-1], longest[: (len(longest) + 1) // 2], *samples]
    expected = [_run_batch(reference, [row])[0] for row in rows]
    single_scores = [_run_batch(candidate, [row])[0] for row in rows]
    batch_differences: dict[bool, list[float]] = {False: [0.0], True: [0.0]}
    for batch in [[0, 1, 2], *batch_by_length([len(row) for row in rows], budget=_MAX_BATCH_SUBWORDS)]:
        width = max(len(rows[position]) for position in batch)
        for position, scores in zip(batch, _run_batch(candidate, [rows[position] for position in batch]), strict=True):
            batch_differences[len(rows[position]) < width].append(_max_difference(scores, single_scores[position]))
    return Parity(
        engines=_max_or_nan([_max_difference(one, other) for one, other in zip(single_scores, expected, strict=True)]),
        batch=_max_or_nan(batch_differences[False]),
        padding=_max_or_nan(batch_differences[True]),
        samples=len(rows),
    )


def _run_batch(backend: Backend, rows: Windows) -> list[FlatScores]:
    """Return the scores of each row of one batch without padding, ``[subwords, scores of all tasks]`` each."""
    scores = run_one(backend, *pad(rows, filler=0))
    flat = np.concatenate([task_scores.reshape(*task_scores.shape[:2], -1) for task_scores in scores.values()], axis=2)
    return [row_scores[: len(row)] for row_scores, row in zip(flat, rows, strict=True)]


def _max_difference(one: FlatScores, other: FlatScores) -> float:
    return float(np.abs(one - other).max())


def _max_or_nan(differences: list[float]) -> float:
    """Return the maximum; unlike the built-in ``max``, NaN if any value is NaN."""
    return float(np.max(differences))
