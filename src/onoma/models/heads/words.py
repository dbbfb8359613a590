"""A head that labels each word, with one affine map and the cross-entropy of each word as its loss."""

from __future__ import annotations

from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import functional

from onoma.models.heads.head import AffineHead, HeadSettings, SentenceBounds
from onoma.tasks import WordTask


class WordHead(AffineHead):
    """A head that scores the labels of a word.

    Args:
        hidden: width of the hidden states.
        task: task whose labels are scored.
        settings: see :class:`HeadSettings`.
    """

    def __init__(self, hidden: int, task: WordTask, settings: HeadSettings | None = None) -> None:
        super().__init__(hidden, len(task.labels), settings)

    def loss(
        self, hidden: Float[Tensor, "words hidden"], sequences: SentenceBounds, targets: Int64[Tensor, " words"]
    ) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        """See :meth:`Head.loss`; each word has weight 1."""
        del sequences
        scores = self(hidden).float()
        return functional.cross_entropy(scores, targets, reduction="sum"), scores.new_tensor(len(targets))
