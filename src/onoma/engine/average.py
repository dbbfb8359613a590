"""A moving average of the weights, which is often better than the weights that a run ends with.

Sources: Polyak and Juditsky 1992 (averaging); Morales-Brotons et al. 2024 (exponential averages in deep learning). The
average is young at first, as in TensorFlow's ``ExponentialMovingAverage``: after ``t`` steps it forgets with
``min(decay, (1 + t) / (10 + t))``, so that it owes nothing to the weights before training.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor

from onoma.engine.data import Weights


class WeightAverage:
    """The exponential moving average of the parameters that a model learns.

    Args:
        model: whose parameters; those that require no gradient never change and are left out.
        decay: share of itself that the average keeps in a step; it remembers some ``1 / (1 - decay)`` steps.
        every: the average is brought up to date once in so many steps, with the same memory in steps: going through all
            weights costs a tenth of a step on a CPU.
    """

    def __init__(self, model: Weights, *, decay: float, every: int = 8) -> None:
        self._decay = decay
        self._every = every
        self._steps = 0
        self._live = {name: weights for name, weights in model.named_parameters() if weights.requires_grad}
        self._average = {name: weights.detach().clone() for name, weights in self._live.items()}

    @property
    def due(self) -> bool:
        """Whether the next update reads the weights, which must then be up to date."""
        return (self._steps + 1) % self._every == 0

    def update(self) -> None:
        """Count a step, after the optimiser's."""
        self._steps += 1
        if self._steps % self._every:
            return
        keep = min(self._decay, (1 + self._steps) / (10 + self._steps)) ** self._every
        with torch.no_grad():
            torch._foreach_lerp_(list(self._average.values()), list(self._live.values()), 1 - keep)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The model has the average inside, to be evaluated or saved, and its own weights again outside.

        An optimiser that updates rows of embeddings late brings all of them up to date before, and none inside.
        """
        self._swap()
        try:
            yield
        finally:
            self._swap()

    def state_dict(self) -> dict[str, object]:
        """Steps and weights, for a checkpoint; not to be asked for while the average is applied."""
        return {"steps": self._steps, "average": dict(self._average)}

    def load_state_dict(self, state: Mapping[str, object]) -> None:
        """Go on where :meth:`state_dict` was asked.

        Raises:
            ValueError: it is the average of other parameters.
        """
        steps, average = state["steps"], state["average"]
        assert isinstance(steps, int)
        assert isinstance(average, dict)
        if average.keys() != self._average.keys():
            odd = sorted(average.keys() ^ self._average.keys())
            raise ValueError(f"the average is of other parameters: {', '.join(odd[:3])}")
        self._steps = steps
        for name, weights in self._average.items():
            weights.copy_(average[name])

    def _swap(self) -> None:
        """By copy and not by pointer, so that views of the weights and their versions stay correct."""
        with torch.no_grad():
            for live, average in self._pairs():
                own = live.clone()
                live.copy_(average)
                average.copy_(own)

    def _pairs(self) -> Iterator[tuple[Tensor, Tensor]]:
        return zip(self._live.values(), self._average.values(), strict=True)
