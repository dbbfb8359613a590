"""Records of the trials of a study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from onoma.tuning.space import Params

TrialState = Literal["finished", "pruned", "failed", "running", "waiting", "given back"]

USED: frozenset[TrialState] = frozenset(["finished", "pruned", "failed", "running"])
"""States of the trials that count towards the trial limit of a budget."""

_MAX_BLOCKS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRecord:
    """A trial of a study.

    Attributes:
        number: number of the trial in the storage, where a continuation is a trial of its own, counted from 0.
        shown_number: number of the trial for users, counted from 0; an interrupted trial and those that continue it
            have the same. Trial 0 is the original run, with no setting changed, if its settings are in the search
            space.
        state: ``finished``; ``pruned`` if it was worse than others; ``failed`` for a ``reason``; ``running``;
            ``waiting`` to be continued; ``given back`` if its process ended and another trial continues it.
        params: values of the searched settings by dotted key.
        f1: F1 on dev, a fraction of 1: of the best epoch if the trial has finished, else the last one reported; None if
            there is none.
        reason: why the trial has failed.
        seconds: training time in the process that ended the trial.
        is_default: whether it is the original run.
        worker: name of the machine that runs or has run it.
        counts: correct, predicted and gold entities per block of dev, ``[blocks, 3]``; None if they are not known.
    """

    number: int
    shown_number: int
    state: TrialState
    params: Params
    f1: float | None = None
    reason: str = ""
    seconds: float = 0.0
    is_default: bool = False
    worker: str = ""
    counts: Sequence[tuple[int, int, int]] | None = None

    @property
    def array(self) -> NDArray[np.int64]:
        """Counts as an array, ``[blocks, 3]``."""
        return np.asarray(self.counts or (), dtype=np.int64).reshape(-1, 3)


def in_blocks(counts: NDArray[np.int64]) -> list[tuple[int, int, int]]:
    """Sum the counts of units over at most 200 blocks, always drawn in the same way, to keep the storage small.

    Args:
        counts: correct, predicted and gold entities per unit of dev, ``[units, 3]``.
    """
    order = np.random.default_rng(0).permutation(len(counts))
    blocks = np.array_split(counts[order], min(_MAX_BLOCKS, max(1, len(counts))))
    return [(int(correct), int(predicted), int(gold)) for correct, predicted, gold in (b.sum(axis=0) for b in blocks)]
