"""What a model asks of its head. A further head is one new file and one line in ``HEADS``."""

from __future__ import annotations

from abc import ABC, abstractmethod

from jaxtyping import Float, Int64
from torch import Tensor, nn

NO_TARGET = -100
"""Stands in targets where a loss does not look: special pieces, later subwords, padding."""


class Head(nn.Module, ABC):
    """Turns hidden states into emissions and owns its loss.

    Args:
        hidden: width of the hidden states.
        tags: how many tags there are.
        dropout: probability with which a hidden unit is dropped in training.
    """

    def __init__(self, hidden: int, tags: int, *, dropout: float = 0.1) -> None:
        super().__init__()
        self.hidden = hidden
        self.tags = tags
        self.dropout = nn.Dropout(dropout)

    @abstractmethod
    def forward(self, hidden: Float[Tensor, "batch subwords hidden"]) -> Float[Tensor, "batch subwords tags"]:
        """Emissions: tag scores of every subword, before any softmax."""

    @abstractmethod
    def loss(
        self, hidden: Float[Tensor, "batch subwords hidden"], targets: Int64[Tensor, "batch subwords"]
    ) -> Float[Tensor, ""]:
        """What training makes small: a mean over the words of the batch.

        Args:
            hidden: the encoder's hidden states.
            targets: a tag's number at the first subword of a word, ``NO_TARGET`` elsewhere.

        Returns:
            A scalar; 0 where the batch holds no target.
        """
