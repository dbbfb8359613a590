"""What the engine asks of a model, of examples and of a measure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, Self, TypeVar, runtime_checkable

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from onoma.engine.events import Score


@runtime_checkable
class Batch(Protocol):
    """Examples that are learnt from at once."""

    @property
    def ids(self) -> Int64[Tensor, " subwords"]:
        """The subwords, whose embeddings are read."""

    @property
    def subwords(self) -> int:
        """How many subwords there are."""

    def part(self, rank: int, size: int) -> Self | None:
        """The share of process ``rank`` of ``size``; None where it has none."""


AnyBatch = TypeVar("AnyBatch", bound=Batch)
Taken_contra = TypeVar("Taken_contra", bound=Batch, contravariant=True)
Given_co = TypeVar("Given_co", bound=Batch, covariant=True)


@runtime_checkable
class Weights(Protocol):
    """Parameters by name, as every :class:`torch.nn.Module` has them."""

    def parameters(self) -> Iterator[nn.Parameter]: ...

    def named_parameters(self) -> Iterator[tuple[str, nn.Parameter]]: ...

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> object: ...


@runtime_checkable
class Objective(Weights, Protocol[Taken_contra]):
    """A model with what training makes small."""

    def train(self) -> object: ...

    def loss(self, batch: Taken_contra) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        """The sum of the losses in a batch and the sum of their weights; the mean of both is made small."""

    @property
    def sparse_tables(self) -> Sequence[nn.Embedding]:
        """Embedding tables of which a batch reads few rows, those of its ``ids``."""

    @property
    def rate_factors(self) -> Mapping[str, float]:
        """Parameters that learn faster than their group, by name, and how many times as fast."""


@runtime_checkable
class Data(Protocol[Given_co]):
    """Examples, and the order in which they are learnt from."""

    @property
    def budget(self) -> int:
        """Subwords of a batch at most."""

    @property
    def subwords(self) -> int:
        """Subwords of all examples."""

    def __len__(self) -> int:
        """How many examples there are."""

    def epoch(self, number: int) -> Sequence[Sequence[int]]:
        """Positions of the examples of each batch in epoch ``number``, from 0."""

    def load(self, chosen: Sequence[int], *, epoch: int, device: torch.device) -> Given_co:
        """The examples at these positions as they are in an epoch."""

    def describe(self, chosen: Sequence[int]) -> str:
        """These examples for a message to a person."""


Measure = Callable[[], Score]
"""Scores the model as it is."""
