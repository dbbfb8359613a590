"""A label for each sentence, by the mean of its words' scores; see :mod:`onoma.tasks.sentence_task`."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import functional

from onoma.models.heads.head import AffineHead, HeadSettings, SentenceBounds
from onoma.tasks import SentenceTask


class SentenceHead(AffineHead):
    """Scores the labels of a word's sentence.

    Args:
        hidden: width of the hidden states.
        task: whose labels.
        settings: see :class:`HeadSettings`.
    """

    def __init__(self, hidden: int, task: SentenceTask, settings: HeadSettings | None = None) -> None:
        super().__init__(hidden, len(task.labels), settings)

    def loss(
        self, hidden: Float[Tensor, "words hidden"], sequences: SentenceBounds, targets: Int64[Tensor, " words"]
    ) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        """See :meth:`Head.loss`; each sentence, or the part of it that a window holds, weighs 1."""
        lengths = sequences.lengths
        owners = torch.arange(len(lengths), device=lengths.device).repeat_interleave(lengths)
        scores = self(hidden).float()
        sums = scores.new_zeros(len(lengths), scores.shape[1]).index_add(0, owners, scores)
        firsts = lengths.cumsum(0) - lengths
        total = functional.cross_entropy(sums / lengths[:, None], targets[firsts], reduction="sum")
        return total, scores.new_tensor(len(lengths))
