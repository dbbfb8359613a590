"""Exponential moving average of the weights, which often gives a better model than the final weights.

The decay is smaller at the beginning, as in TensorFlow's ``ExponentialMovingAverage``: after ``t`` steps it is
``min(decay, (1 + t) / (10 + t))``, so that the average does not depend on the weights before training.

Sources: Polyak and Juditsky 1992 (averaging); Morales-Brotons et al. 2024 (exponential averages in deep learning).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor

from onoma.engine.data import Weights


class WeightAverage:
    """The exponential moving average of a model's trainable parameters.

    Args:
        model: model whose parameters are averaged. Parameters that do not require a gradient are left out.
        decay: share of the average that is kept in each step. The average covers about ``1 / (1 - decay)`` steps.
        every: number of steps between two updates of the average. The decay is adjusted so that the average covers the
            same number of steps. Reading all weights takes a tenth of the time of a step on a CPU.
    """

    def __init__(self, model: Weights, *, decay: float, every: int = 8) -> None:
        self._decay = decay
        self._every = every
        self._steps = 0
        self._parameters = {name: weights for name, weights in model.named_parameters() if weights.requires_grad}
        self._average = {name: weights.detach().clone() for name, weights in self._parameters.items()}

    @property
    def due(self) -> bool:
        """Whether the next call of :meth:`update` reads the weights, which must be up to date by then."""
        return (self._steps + 1) % self._every == 0

    def update(self) -> None:
        """Count a step and update the average if it is due; call it after each optimizer step."""
        self._steps += 1
        if self._steps % self._every:
            return
        decay = min(self._decay, (1 + self._steps) / (10 + self._steps)) ** self._every
        with torch.no_grad():
            torch._foreach_lerp_(list(self._average.values()), list(self._parameters.values()), 1 - decay)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Give the model the averaged weights inside this context, for evaluation or saving.

        An optimizer that updates embedding rows lazily must update all rows before this context is entered, and none
        inside of it.
        """
        self._swap()
        try:
            yield
        finally:
            self._swap()

    def state_dict(self) -> dict[str, object]:
        """Return the step count and the average, for a checkpoint; must not be called inside :meth:`applied`."""
        return {"steps": self._steps, "average": dict(self._average)}

    def load_state_dict(self, state: Mapping[str, object]) -> None:
        """Restore the state that :meth:`state_dict` returned.

        Raises:
            ValueError: the state contains the average of other parameters.
        """
        steps, average = state["steps"], state["average"]
        assert isinstance(steps, int)
        assert isinstance(average, dict)
        if average.keys() != self._average.keys():
            mismatched = sorted(average.keys() ^ self._average.keys())
            raise ValueError(f"the average is of other parameters: {', '.join(mismatched[:3])}")
        self._steps = steps
        for name, weights in self._average.items():
            weights.copy_(average[name])

    def _swap(self) -> None:
        """Swap the weights and the average by copying values, so that views and version counters stay correct."""
        with torch.no_grad():
            for parameter, average in self._pairs():
                previous = parameter.clone()
                parameter.copy_(average)
                average.copy_(previous)

    def _pairs(self) -> Iterator[tuple[Tensor, Tensor]]:
        return zip(self._parameters.values(), self._average.values(), strict=True)
