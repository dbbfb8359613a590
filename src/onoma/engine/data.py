"""Interfaces (protocols) that the training engine requires of batches, models and data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, Self, TypeVar, runtime_checkable

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from onoma.engine.events import Score


@runtime_checkable
class Batch(Protocol):
    """A batch of training examples."""

    @property
    def ids(self) -> Int64[Tensor, " subwords"]:
        """Ids of the subwords, which index the embedding tables."""

    @property
    def subwords(self) -> int:
        """Number of subwords of the batch."""

    def part(self, rank: int, size: int) -> Self | None:
        """Return the part of the batch for process ``rank`` of ``size`` processes; None if its part is empty."""


AnyBatch = TypeVar("AnyBatch", bound=Batch)
Taken_contra = TypeVar("Taken_contra", bound=Batch, contravariant=True)
Given_co = TypeVar("Given_co", bound=Batch, covariant=True)


@runtime_checkable
class Weights(Protocol):
    """A model with named parameters, such as any :class:`torch.nn.Module`."""

    def parameters(self) -> Iterator[nn.Parameter]: ...

    def named_parameters(self) -> Iterator[tuple[str, nn.Parameter]]: ...

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> object: ...


@runtime_checkable
class Objective(Weights, Protocol[Taken_contra]):
    """A model together with the loss that training minimises."""

    def train(self) -> object: ...

    def loss(self, batch: Taken_contra) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        """Return the sum of the losses of a batch and the sum of their weights; training minimises their quotient."""

    @property
    def sparse_embeddings(self) -> Sequence[nn.Embedding]:
        """Embedding tables of which a batch uses only a few rows, those of its ``ids``."""

    @property
    def lr_multipliers(self) -> Mapping[str, float]:
        """Factors by which the learning rate of some parameters is multiplied, by parameter name."""


@runtime_checkable
class Data(Protocol[Given_co]):
    """Training examples, and their order in each epoch."""

    @property
    def budget(self) -> int:
        """Maximum number of subwords per batch."""

    @property
    def subwords(self) -> int:
        """Number of subwords of all examples."""

    def __len__(self) -> int:
        """Return the number of examples."""

    def epoch(self, number: int) -> Sequence[Sequence[int]]:
        """Return the indices of the examples in each batch of epoch ``number``, which is counted from 0."""

    def load(self, chosen: Sequence[int], *, epoch: int, device: torch.device) -> Given_co:
        """Load the examples at the given indices as a batch; examples may differ from epoch to epoch."""

    def describe(self, chosen: Sequence[int]) -> str:
        """Describe the examples at the given indices, for messages to the user."""


Measure = Callable[[], Score]
"""Function that evaluates the model with its current weights."""
