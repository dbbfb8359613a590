"""Encoder and head as one module: subword ids to logits, and to a loss."""

from __future__ import annotations

from jaxtyping import Float, Int64
from torch import Tensor, nn

from onoma.models.auto import AutoEncoder
from onoma.models.encoder import Encoder
from onoma.models.heads import NO_TARGET, Head


class Model(nn.Module):
    """A tagging model.

    Args:
        encoder: subword ids to hidden states.
        head: hidden states to logits.
    """

    def __init__(self, encoder: Encoder | AutoEncoder, head: Head) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = head

    def forward(
        self, ids: Int64[Tensor, "batch subwords"], mask: Int64[Tensor, "batch subwords"]
    ) -> Float[Tensor, "batch subwords tags"]:
        """Tag scores of every subword, before any softmax.

        Args:
            ids: subword ids, special tokens included.
            mask: 1 for subwords and 0 for padding.
        """
        logits: Tensor = self.head(self.encoder(ids, mask))
        return logits

    def loss(
        self,
        ids: Int64[Tensor, " subwords"],
        lengths: Int64[Tensor, " sequences"],
        targets: Int64[Tensor, " subwords"],
    ) -> Float[Tensor, ""]:
        """The head's loss, a scalar, of sequences that lie one behind the other, without padding.

        Args:
            ids: subword ids, special tokens included.
            lengths: subwords of each sequence.
            targets: a tag's number at the first subword of a word, ``NO_TARGET`` elsewhere.
        """
        words = (targets != NO_TARGET).nonzero().flatten()
        if not len(words):
            return self.head.loss(self.encoder.packed(ids, lengths)[None], targets[None])
        return self.head.loss(self.encoder.packed(ids, lengths, at=words)[None], targets[words][None])
