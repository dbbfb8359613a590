"""How far a run has come, with the best weights so far, and how it ended."""

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
    """How far a run has come, and in the end how it ended.

    Attributes:
        score: of the best weights; None without a measure or before its first result.
        epochs: epochs that are over.
        batches: batches done of the epoch that is not.
        best_epoch: when ``score`` was measured; without a measure the last epoch.
        interrupted: whether it was asked to stop early.
    """

    score: Score | None = None
    epochs: int = 0
    batches: int = 0
    best_epoch: int = 0
    interrupted: bool = False
    _best: dict[str, Tensor] | None = field(default=None, repr=False)

    def keep(self, objective: Weights) -> None:
        """Remember the weights as the ones to end with."""
        weights = objective.state_dict()
        if self._best is None:
            self._best = {name: torch.empty_like(each) for name, each in weights.items()}
        for name, each in self._best.items():  # over the old ones: two copies at once would be the peak of the run
            each.copy_(weights[name])

    def restore(self, objective: Weights) -> None:
        """Load the weights that were kept."""
        if self._best is not None:
            objective.load_state_dict(self._best)

    def state_dict(self) -> dict[str, object]:
        """As plain values and tensors."""
        return {
            "score": None if self.score is None else asdict(self.score),
            "epochs": self.epochs,
            "batches": self.batches,
            "best_epoch": self.best_epoch,
            "best": self._best,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.score = None if state["score"] is None else Score(**state["score"])
        self.epochs, self.batches, self.best_epoch = state["epochs"], state["batches"], state["best_epoch"]
        self._best = state["best"]
