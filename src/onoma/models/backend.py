"""Backend that runs a model with torch, for callers that only use NumPy arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from onoma.models.model import Model
from onoma.runtime import PaddedBatch, Scores


@contextmanager
def evaluation_mode(module: nn.Module) -> Iterator[None]:
    """Compute with a module without gradients and in evaluation mode; its mode is restored at the end."""
    training = module.training
    module.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        module.train(training)


class TorchBackend:
    """A :class:`~onoma.runtime.backend.Backend` over a model in memory, which may still be in training.

    Args:
        model: model to run; it is not copied, and its training or evaluation mode is restored after each batch.
        device: device of the model.
        autocast: returns the context in which the model runs; by default in the dtype of its weights.
    """

    def __init__(
        self,
        model: Model,
        *,
        device: torch.device | str = "cpu",
        autocast: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self._model = model
        self._device = torch.device(device)
        self._autocast = autocast

    def run(self, batches: Iterable[PaddedBatch]) -> Iterator[Scores]:
        """See :meth:`onoma.runtime.backend.Backend.run`."""
        return map(self._compute_scores, batches)

    def _compute_scores(self, batch: PaddedBatch) -> Scores:
        with evaluation_mode(self._model), self._autocast():
            scores = self._model(self._to_tensor(batch.ids), self._to_tensor(batch.mask))
        return {task: task_scores.float().cpu().numpy() for task, task_scores in scores.items()}

    def _to_tensor(self, array: NDArray[np.int64]) -> torch.Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self._device)
