"""What is known of a trial."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from onoma.tuning.space import Params

TrialState = Literal["finished", "pruned", "failed", "running", "waiting", "given back"]

USED: frozenset[TrialState] = frozenset(["finished", "pruned", "failed", "running"])
"""What counts as a trial of the budget."""

_BLOCKS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRecord:
    """A trial of a study.

    Attributes:
        number: counted from 0. Trial 0 is the run as it is without a search, if that is in the space.
        state: ``finished``; ``pruned``, when it was worse than others; ``failed``, for its reason; ``running``;
            ``waiting`` to be continued; ``given back``, when its process ended and another trial continues it.
        params: the values of its settings by dotted key.
        f1: on dev, a fraction of 1: of the best epoch, or the last one where it was pruned; None without one.
        reason: why it has failed.
        seconds: that it trained in the process that ended it.
        continues: the number of the trial that it continues; its own if it is the first.
        is_default: whether it is the run as it is.
        worker: the machine and the process that have it.
        counts: correct, predicted and gold entities of blocks of dev, ``[blocks, 3]``; None where they are not known.
    """

    number: int
    state: TrialState
    params: Params
    f1: float | None = None
    reason: str = ""
    seconds: float = 0.0
    continues: int
    is_default: bool = False
    worker: str = ""
    counts: Sequence[tuple[int, int, int]] | None = None

    @property
    def array(self) -> NDArray[np.int64]:
        """The counts as an array, ``[blocks, 3]``."""
        return np.asarray(self.counts or (), dtype=np.int64).reshape(-1, 3)


def in_blocks(counts: NDArray[np.int64]) -> list[tuple[int, int, int]]:
    """The counts of units as those of a few blocks of units, always the same, since a storage is no place for more."""
    order = np.random.default_rng(0).permutation(len(counts))
    blocks = np.array_split(counts[order], min(_BLOCKS, max(1, len(counts))))
    return [(int(correct), int(predicted), int(gold)) for correct, predicted, gold in (b.sum(axis=0) for b in blocks)]
