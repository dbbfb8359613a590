"""The progress of a training run, with its best weights so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import Tensor

from onoma.engine.data import Weights
from onoma.engine.events import Score


@dataclass(slots=True)
class TrainState:
    """The progress of a run, and its final result.

    Attributes:
        score: score of the best weights; None without evaluation or before the first one.
        epochs: number of finished epochs.
        batches: number of batches done in the unfinished epoch.
        best_epoch: number of the epoch with the best score, counted from 1; without evaluation, the last epoch.
        interrupted: whether the run was stopped early on request.
        clock: state of the clock of the run at its end, for :meth:`result`.
    """

    score: Score | None = None
    epochs: int = 0
    batches: int = 0
    best_epoch: int = 0
    interrupted: bool = False
    clock: Mapping[str, Any] = field(default_factory=dict)
    _best: dict[str, Tensor] | None = field(default=None, repr=False)

    def keep(self, objective: Weights) -> None:
        """Store a copy of the current weights as the best ones."""
        weights = objective.state_dict()
        if self._best is None:
            self._best = {name: torch.empty_like(each) for name, each in weights.items()}
        for name, each in self._best.items():  # overwrites the old copy: a second one would raise the peak memory
            each.copy_(weights[name])

    def restore(self, objective: Weights) -> None:
        """Load the best weights into the objective; do nothing if none were stored."""
        if self._best is not None:
            objective.load_state_dict(self._best)

    def state_dict(self) -> dict[str, object]:
        """Return the state as plain values and tensors, for a checkpoint."""
        return {
            "score": None if self.score is None else asdict(self.score),
            "epochs": self.epochs,
            "batches": self.batches,
            "best_epoch": self.best_epoch,
            "best": self._best,
        }

    def result(self) -> dict[str, object]:
        """Return a checkpoint of a run at its end, with its best weights but without what further steps would need."""
        return {"clock": self.clock, "state": self.state_dict(), "learner": None}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.score = None if state["score"] is None else Score(**state["score"])
        self.epochs, self.batches, self.best_epoch = state["epochs"], state["batches"], state["best_epoch"]
        self._best = state["best"]
