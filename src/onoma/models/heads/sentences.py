"""A head that labels sentences by the mean of their words' scores; see :mod:`onoma.tasks.sentence_task`."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import functional

from onoma.models.heads.head import AffineHead, HeadSettings, SentenceBounds
from onoma.tasks import SentenceTask


class SentenceHead(AffineHead):
    """A head that scores the labels of a sentence at each of its words.

    Args:
        hidden: width of the hidden states.
        task: task whose labels are scored.
        settings: see :class:`HeadSettings`.
    """

    def __init__(self, hidden: int, task: SentenceTask, settings: HeadSettings | None = None) -> None:
        super().__init__(hidden, len(task.labels), settings)

    def loss(
        self, hidden: Float[Tensor, "words hidden"], sequences: SentenceBounds, targets: Int64[Tensor, " words"]
    ) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        """See :meth:`Head.loss`; each sentence, or the part of it inside a window, has weight 1."""
        lengths = sequences.lengths
        sentence_ids = torch.arange(len(lengths), device=lengths.device).repeat_interleave(lengths)
        scores = self(hidden).float()
        sums = scores.new_zeros(len(lengths), scores.shape[1]).index_add(0, sentence_ids, scores)
        first_words = lengths.cumsum(0) - lengths
        total = functional.cross_entropy(sums / lengths[:, None], targets[first_words], reduction="sum")
        return total, scores.new_tensor(len(lengths))
