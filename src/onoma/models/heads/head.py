"""The interface of heads, and base classes. Adding a head takes one new file and one line in ``HEADS``."""

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
    """The bounds of the sentences in a batch of words; a window may begin or end inside a sentence.

    Attributes:
        lengths: number of words of each sentence, or of the part of it inside a window, in order.
        begins: whether each sentence, or part, includes the first word of its sentence.
        ends: whether each sentence, or part, includes the last word of its sentence.
    """

    lengths: Int64[Tensor, " sequences"]
    begins: Bool[Tensor, " sequences"]
    ends: Bool[Tensor, " sequences"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadSettings:
    """Settings of a head.

    Attributes:
        dropout: dropout probability of hidden units in training.
        class_weights: weight of a word in the loss, for each target tag; None for equal weights. Not saved.
        label_smoothing: share of the target probability that is spread evenly over all tags (Szegedy et al. 2016,
            section 7).
    """

    dropout: float = 0.1
    class_weights: Sequence[float] | None = None
    label_smoothing: float = 0.0

    @property
    def change_word_losses(self) -> bool:
        """Whether class weights or label smoothing are set."""
        return self.class_weights is not None or self.label_smoothing > 0


class Head(nn.Module, ABC):
    """Base class of heads, which map hidden states to the scores of a task and compute its loss.

    Attributes:
        lr_multipliers: factors on the head's learning rate, by the names of the parameters that they apply to.
        has_word_losses: whether the loss is a sum over words that supports class weights and label smoothing.
    """

    lr_multipliers: ClassVar[Mapping[str, float]] = MappingProxyType({})
    has_word_losses: ClassVar[bool] = False

    @abstractmethod
    def forward(self, hidden: Float[Tensor, "*axes hidden"]) -> Float[Tensor, "*axes tags"]:
        """Return the scores of every subword, before any softmax."""

    @abstractmethod
    def loss(
        self, hidden: Float[Tensor, "words hidden"], sequences: SentenceBounds, targets: Int64[Tensor, "*targets"]
    ) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        """Return the loss of a batch, as a sum and the weight to divide it by.

        Args:
            hidden: the encoder's hidden states at the first subwords of words.
            sequences: bounds of the sentences of the words.
            targets: targets of the task, one for each word, or the spans; see :class:`onoma.models.PackedBatch`.

        Returns:
            The sum of the losses, and the sum of their weights. The loss of a batch is the first divided by the second.
        """

    def parameters_for_decoding(self) -> dict[str, NDArray[np.float64]]:
        """Return the trained parameters that decoding needs; see :data:`onoma.tasks.tag_task.Parameters`."""
        return {}


class AffineHead(Head):
    """A head that scores words with dropout and an affine map.

    Args:
        hidden: width of the hidden states.
        scores: number of scores per word.
        settings: see :class:`HeadSettings`.

    Raises:
        ValueError: class weights or label smoothing are set, and the head does not support them.
    """

    def __init__(self, hidden: int, scores: int, settings: HeadSettings | None = None) -> None:
        super().__init__()
        self.settings = settings or HeadSettings()
        if self.settings.change_word_losses and not self.has_word_losses:
            raise ValueError(f"{type(self).__name__} does not support class weights and label smoothing")
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
        task: task whose tags are scored.
        settings: see :class:`HeadSettings`.
    """

    allowed: Bool[Tensor, "targets tags"]

    def __init__(self, hidden: int, task: TagTask, settings: HeadSettings | None = None) -> None:
        self.tags = len(task.tags)
        super().__init__(hidden, self.tags, settings)
        self.register_buffer("allowed", torch.from_numpy(task.allowed), persistent=False)
