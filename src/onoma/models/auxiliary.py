"""A model that is also trained to predict masked subwords, an auxiliary task whose head is not kept."""

from __future__ import annotations

from collections.abc import Mapping

from jaxtyping import Float
from torch import Tensor, nn

from onoma.models.encoder import Encoder
from onoma.models.heads import Head
from onoma.models.model import Model, PackedBatch
from onoma.models.pretraining import MaskedBatch
from onoma.models.pretraining_heads import MaskedHead


class AuxiliaryModel(Model):
    """A model that is trained on batches of its tasks and on batches of masked text.

    Args:
        encoder: encoder from subword ids to hidden states.
        heads: heads from hidden states to scores, by task name.
        weights: as for :class:`Model`.
        masked: head that predicts masked subwords.
        masked_weight: weight of the loss of ``masked``.
    """

    encoder: Encoder

    def __init__(
        self,
        encoder: Encoder,
        heads: Mapping[str, Head],
        *,
        weights: Mapping[str, float] | None = None,
        masked: MaskedHead,
        masked_weight: float = 1.0,
    ) -> None:
        super().__init__(encoder, heads, weights=weights)
        self.masked = masked
        self.masked_weight = masked_weight

    def loss(self, batch: PackedBatch | MaskedBatch) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        """Return the sum of the losses and the sum of their weights, of all words or of all masked subwords."""
        if isinstance(batch, PackedBatch):
            return super().loss(batch)
        count = len(batch.masked)
        hidden = self.encoder.packed(batch.ids, batch.lengths, at=batch.masked if count else None)
        if not count:
            zero = 0.0 * hidden.sum()
            return zero, zero.detach()
        total, _ = self.masked.loss(hidden, self.encoder.words.weight, batch.targets)
        return self.masked_weight * total, total.new_tensor(float(count))

    @property
    def sparse_embeddings(self) -> tuple[nn.Embedding, ...]:
        """Embedding tables of which a batch reads few rows: none, since masked text requires scores of all subwords."""
        return ()

    def without_auxiliary(self) -> Model:
        """Return a model with the same encoder and heads, without the auxiliary task."""
        heads = {task: self.head(task) for task in self.heads}
        return Model(self.encoder, heads, weights=self.weights)
