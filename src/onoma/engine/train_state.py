"""How far a loop has come, with the best weights so far, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from pydantic import TypeAdapter
from torch import Tensor

from onoma.metrics import Report
from onoma.models import Model

_REPORT = TypeAdapter(Report)


@dataclass(slots=True)
class TrainState:
    """How far a loop has come, and in the end how it ended.

    Attributes:
        dev: figures of the best weights; None without dev or before its first measure.
        epochs: epochs that are over.
        batches: batches done of the epoch that is not.
        best_epoch: when ``dev`` was measured; without dev the last epoch.
        interrupted: whether the user stopped it.
    """

    dev: Report | None = None
    epochs: int = 0
    batches: int = 0
    best_epoch: int = 0
    interrupted: bool = False
    _best: dict[str, Tensor] | None = field(default=None, repr=False)

    def keep(self, model: Model) -> None:
        """Remember the model's weights as the ones to end with."""
        weights = model.state_dict()
        if self._best is None:
            self._best = {name: torch.empty_like(each) for name, each in weights.items()}
        for name, each in self._best.items():  # over the old ones: two copies at once would be the peak of the run
            each.copy_(weights[name])

    def restore(self, model: Model) -> None:
        """Give the model the weights that were kept."""
        if self._best is not None:
            model.load_state_dict(self._best)

    def state_dict(self) -> dict[str, object]:
        """As plain values and tensors."""
        return {
            "dev": None if self.dev is None else asdict(self.dev),
            "epochs": self.epochs,
            "batches": self.batches,
            "best_epoch": self.best_epoch,
            "best": self._best,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.dev = None if state["dev"] is None else _REPORT.validate_python(state["dev"])
        self.epochs, self.batches, self.best_epoch = state["epochs"], state["batches"], state["best_epoch"]
        self._best = state["best"]
