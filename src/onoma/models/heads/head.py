"""What a model asks of its heads. A further head is one new file and one line in ``HEADS``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from numpy.typing import NDArray
from torch import Tensor, nn

from onoma.tasks import TagTask


@dataclass(frozen=True, slots=True, eq=False)
class SentenceBounds:
    """Where the sentences of a batch of words begin and end; a window may begin or end within one.

    Attributes:
        lengths: words of each sentence, or of the part of it that a window holds, one after the other.
        begins: whether it has the first word of its sentence.
        ends: whether it has the last one.
    """

    lengths: Int64[Tensor, " sequences"]
    begins: Bool[Tensor, " sequences"]
    ends: Bool[Tensor, " sequences"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadSettings:
    """What may be set of a head.

    Attributes:
        dropout: probability with which a hidden unit is dropped in training.
        class_weights: how much a word of each tag counts in the loss, all the same where None; not saved.
        label_smoothing: share of a target that goes to all tags alike (Szegedy et al. 2016, section 7).
    """

    dropout: float = 0.1
    class_weights: Sequence[float] | None = None
    label_smoothing: float = 0.0


class Head(nn.Module, ABC):
    """Turns hidden states into scores of a task and owns its loss.

    Attributes:
        rate_factors: parameters that learn faster than the head's rate, by name, and how many times as fast.
    """

    rate_factors: ClassVar[Mapping[str, float]] = MappingProxyType({})

    @abstractmethod
    def forward(self, hidden: Float[Tensor, "*axes hidden"]) -> Float[Tensor, "*axes tags"]:
        """Scores of every subword, before any softmax."""

    @abstractmethod
    def loss(
        self, hidden: Float[Tensor, "words hidden"], sequences: SentenceBounds, targets: Int64[Tensor, "*targets"]
    ) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        """What training makes small.

        Args:
            hidden: the encoder's hidden states at the first subwords of words.
            sequences: the sentences of the words.
            targets: of the task: one for each word, or the spans; see :class:`onoma.models.PackedBatch`.

        Returns:
            The sum of the words' losses, and of their weights: the loss of a batch is the first over the second.
        """

    def parameters_for_decoding(self) -> dict[str, NDArray[np.float64]]:
        """What decoding needs of the trained head; see :data:`onoma.tasks.tag_task.Parameters`."""
        return {}


class AffineHead(Head):
    """A head that scores a word by dropout and an affine map.

    Args:
        hidden: width of the hidden states.
        scores: of a word.
        settings: see :class:`HeadSettings`.
    """

    def __init__(self, hidden: int, scores: int, settings: HeadSettings | None = None) -> None:
        super().__init__()
        self.settings = settings or HeadSettings()
        self.dropout = nn.Dropout(self.settings.dropout)
        self.affine = nn.Linear(hidden, scores)
        nn.init.normal_(self.affine.weight, std=0.02)
        nn.init.zeros_(self.affine.bias)

    def forward(self, hidden: Float[Tensor, "*axes hidden"]) -> Float[Tensor, "*axes scores"]:
        scores: Tensor = self.affine(self.dropout(hidden))
        return scores


class TagHead(AffineHead):
    """A head that scores the tags of a word.

    Args:
        hidden: width of the hidden states.
        task: whose tags.
        settings: see :class:`HeadSettings`.

    Raises:
        ValueError: there are not as many class weights as tags.
    """

    allowed: Bool[Tensor, "targets tags"]
    class_weights: Float[Tensor, " tags"] | None

    def __init__(self, hidden: int, task: TagTask, settings: HeadSettings | None = None) -> None:
        self.tags = len(task.tags)
        super().__init__(hidden, self.tags, settings)
        given = self.settings.class_weights
        if given is not None and len(given) != self.tags:
            raise ValueError(f"{len(given)} class weights for {self.tags} tags")
        weights = None if given is None else torch.tensor(given)
        self.register_buffer("class_weights", weights, persistent=False)
        self.register_buffer("allowed", torch.from_numpy(task.allowed), persistent=False)
