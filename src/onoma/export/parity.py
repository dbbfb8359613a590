"""Two engines and one model: by how much their logits differ.

Knows nothing of files or of how an engine works.
"""

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

_BUDGET = 1_024
"""Subwords of a padded batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """The largest differences between tag scores, over some windows.

    Attributes:
        engines: the candidate against the reference, every window alone.
        batch: the candidate with a window among others, none of them longer, against the window alone.
        padding: the candidate with a window among longer ones, and so padded, against the window alone.
        samples: how many windows were compared.
    """

    engines: float
    batch: float
    padding: float
    samples: int

    @property
    def largest(self) -> float:
        """The largest of the differences; NaN where one is."""
        return float(np.max([self.engines, self.batch, self.padding]))

    def require(self, tolerance: float) -> None:
        """Refuse differences above the tolerance, and NaN.

        Raises:
            ParityError: with all the figures.
        """
        if not self.largest <= tolerance:
            figures = ", ".join(f"{field.name} {getattr(self, field.name):.3g}" for field in fields(self))
            raise ParityError(
                f"tag scores differ by up to {self.largest:.3g}, and {tolerance:.3g} is allowed ({figures}); "
                "the graph computes something else than torch, so it was not written; train with another encoder"
            )


def compare(candidate: Backend, reference: Backend, *, samples: Windows) -> Parity:
    """Measure by how much a candidate differs from a reference, and from itself in other batches.

    The longest sample reversed and its first half are added to the samples, so that there is always a window with a
    neighbour of equal length and one with padding.

    Args:
        candidate: the engine in question.
        reference: the engine that is right.
        samples: windows of subword ids, ``[subwords]`` each, of the lengths that will occur.

    Raises:
        ValueError: there are no samples.
    """
    if not samples:
        raise ValueError("parity needs at least one window to compare on")
    longest = max(samples, key=len)
    rows = [longest, longest[::-1], longest[: (len(longest) + 1) // 2], *samples]
    expected = [_run(reference, [row])[0] for row in rows]
    alone = [_run(candidate, [row])[0] for row in rows]
    together: dict[bool, list[float]] = {False: [0.0], True: [0.0]}
    for batch in [[0, 1, 2], *batch_by_length([len(row) for row in rows], budget=_BUDGET)]:
        width = max(len(rows[position]) for position in batch)
        for position, scores in zip(batch, _run(candidate, [rows[position] for position in batch]), strict=True):
            together[len(rows[position]) < width].append(_difference(scores, alone[position]))
    return Parity(
        engines=_largest([_difference(one, other) for one, other in zip(alone, expected, strict=True)]),
        batch=_largest(together[False]),
        padding=_largest(together[True]),
        samples=len(rows),
    )


def _run(backend: Backend, rows: Windows) -> list[FlatScores]:
    """The scores of every row of one batch, ``[subwords, all numbers of a subword]`` each, without those at padding."""
    scores = run_one(backend, *pad(rows, filler=0))
    flat = np.concatenate([of_task.reshape(*of_task.shape[:2], -1) for of_task in scores.values()], axis=2)
    return [of_row[: len(row)] for of_row, row in zip(flat, rows, strict=True)]


def _difference(one: FlatScores, other: FlatScores) -> float:
    return float(np.abs(one - other).max())


def _largest(differences: list[float]) -> float:
    """Unlike the built-in function, NaN where one is."""
    return float(np.max(differences))
