"""Backend that runs a model with torch, for callers that only use NumPy arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from onoma.models.model import Model
from onoma.runtime import PaddedBatch, Scores


class TorchBackend:
    """A :class:`~onoma.runtime.backend.Backend` over a model in memory, which may still be in training.

    Args:
        model: model to run; it is not copied, and its training or evaluation mode is restored after each batch.
        device: device of the model.
    """

    def __init__(self, model: Model, *, device: torch.device | str = "cpu") -> None:
        self._model = model
        self._device = torch.device(device)

    def run(self, batches: Iterable[PaddedBatch]) -> Iterator[Scores]:
        """See :meth:`onoma.runtime.backend.Backend.run`."""
        return map(self._scores, batches)

    def _scores(self, batch: PaddedBatch) -> Scores:
        training = self._model.training
        self._model.eval()
        try:
            with torch.inference_mode():
                scores = self._model(self._tensor(batch.ids), self._tensor(batch.mask))
        finally:
            self._model.train(training)
        return {task: of_task.float().cpu().numpy() for task, of_task in scores.items()}

    def _tensor(self, array: NDArray[np.int64]) -> torch.Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self._device)
