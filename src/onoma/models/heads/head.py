"""What a model asks of its head. A further head is one new file and one line in ``HEADS``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn

NO_TARGET = -100
"""Stands in targets where a loss does not look: special tokens, later subwords, padding."""


class Head(nn.Module, ABC):
    """Turns hidden states into logits and owns its loss.

    Args:
        hidden: width of the hidden states.
        tags: how many tags there are.
        dropout: probability with which a hidden unit is dropped in training.
        class_weights: how much a word of each tag counts in the loss, all the same where None; not saved.
        label_smoothing: share of a target that goes to all tags alike (Szegedy et al. 2016, section 7).
        alternatives: sets of tags of which any may be right. The target for the first set is the number of tags, for
            the next one more, and so on; it weighs what the set's first tag weighs.

    Raises:
        ValueError: there are not as many class weights as tags.
    """

    class_weights: Float[Tensor, " tags"] | None
    alternatives: Bool[Tensor, "sets tags"]

    def __init__(
        self,
        hidden: int,
        tags: int,
        *,
        dropout: float = 0.1,
        class_weights: Sequence[float] | None = None,
        label_smoothing: float = 0.0,
        alternatives: Sequence[Sequence[int]] = (),
    ) -> None:
        super().__init__()
        if class_weights is not None and len(class_weights) != tags:
            raise ValueError(f"{len(class_weights)} class weights for {tags} tags")
        self.hidden = hidden
        self.tags = tags
        self.dropout = nn.Dropout(dropout)
        self.label_smoothing = label_smoothing
        weights = None if class_weights is None else torch.tensor(class_weights)
        self.register_buffer("class_weights", weights, persistent=False)
        allowed = torch.zeros(len(alternatives), tags, dtype=torch.bool)
        for row, chosen in zip(allowed, alternatives, strict=True):
            row[list(chosen)] = True
        self.register_buffer("alternatives", allowed, persistent=False)

    @abstractmethod
    def forward(self, hidden: Float[Tensor, "batch subwords hidden"]) -> Float[Tensor, "batch subwords tags"]:
        """Logits: tag scores of every subword, before any softmax."""

    @abstractmethod
    def loss(
        self, hidden: Float[Tensor, "batch subwords hidden"], targets: Int64[Tensor, "batch subwords"]
    ) -> Float[Tensor, ""]:
        """What training makes small: a mean over the words of the batch.

        Args:
            hidden: the encoder's hidden states.
            targets: a tag's number, or that of a set of tags, at the first subword of a word, ``NO_TARGET`` elsewhere.

        Returns:
            A scalar; 0 where the batch holds no target.
        """

    def mass(self, targets: Int64[Tensor, "*axes"]) -> Float[Tensor, ""]:
        """What the words of a batch weigh together in the mean that :meth:`loss` is.

        The losses of several batches, each times its mass, over the sum of the masses are the loss of all in one.
        """
        words = targets != NO_TARGET
        return words.sum().float() if self.class_weights is None else self.weights_of(targets[words]).sum()

    def weights_of(self, targets: Int64[Tensor, "*words"]) -> Float[Tensor, "*words"]:
        """What a word of each target weighs."""
        if self.class_weights is None:
            return torch.ones_like(targets, dtype=torch.float32)
        return torch.cat([self.class_weights, self.class_weights[self.alternatives.int().argmax(dim=1)]])[targets]
