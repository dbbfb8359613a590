"""A model that also learns to predict masked subwords, as an auxiliary task, whose head is not kept."""

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
    """A model for batches of its tasks and for batches of masked text.

    Args:
        encoder: subword ids to hidden states.
        heads: hidden states to scores, by the name of the task.
        weights: as for :class:`Model`.
        masked: predicts masked subwords.
        masked_weight: what its loss counts.
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
        """The sum of the losses and of their weights: of all words, or of all masked subwords."""
        if isinstance(batch, PackedBatch):
            return super().loss(batch)
        count = len(batch.masked)
        hidden = self.encoder.packed(batch.ids, batch.lengths, at=batch.masked if count else None)
        if not count:
            nothing = 0.0 * hidden.sum()
            return nothing, nothing.detach()
        total, _ = self.masked.loss(hidden, self.encoder.words.weight, batch.targets)
        return self.masked_weight * total, total.new_tensor(float(count))

    @property
    def sparse_tables(self) -> tuple[nn.Embedding, ...]:
        """None: all subwords are scored where text is masked."""
        return ()

    def without_auxiliary(self) -> Model:
        """The same encoder and heads without the auxiliary task."""
        heads = {task: self.head(task) for task in self.heads}
        return Model(self.encoder, heads, weights=self.weights)
