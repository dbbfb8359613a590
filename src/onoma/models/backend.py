"""Runs a model with torch for whoever only knows arrays."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from onoma.models.model import Model


class TorchBackend:
    """A :class:`~onoma.runtime.backend.Backend` over a model in memory, which may be in training meanwhile.

    Args:
        model: what to run; it stays the caller's, and its mode is the same after each call as before.
        device: where the model lies.
    """

    def __init__(self, model: Model, *, device: torch.device | str = "cpu") -> None:
        self._model = model
        self._device = torch.device(device)

    def logits(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> NDArray[np.float32]:
        """Tag scores of every subword; see :meth:`onoma.runtime.backend.Backend.logits`."""
        training = self._model.training
        self._model.eval()
        try:
            with torch.inference_mode():
                scores = self._model(self._tensor(ids), self._tensor(mask))
        finally:
            self._model.train(training)
        result: NDArray[np.float32] = scores.float().cpu().numpy()
        return result

    def _tensor(self, array: NDArray[np.int64]) -> torch.Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self._device)
