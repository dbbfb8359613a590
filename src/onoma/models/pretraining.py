"""An encoder with the heads of pre-training, from masked sequences to losses and counts of correct predictions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from onoma.models.encoder import Encoder
from onoma.models.pretraining_heads import IGNORED, MaskedHead, PairHead


@dataclass(frozen=True, slots=True, eq=False)
class MaskedBatch:
    """A packed batch of sequences (one after the other, without padding) with masked subwords.

    Attributes:
        ids: subword ids after masking, special tokens included, ``[subwords]``.
        types: token types of the subwords, ``[subwords]``.
        lengths: number of subwords of each sequence, ``[sequences]``.
        masked: indices of the subwords to predict, in ascending order, ``[masked]``.
        targets: original ids of the subwords to predict, ``[masked]``.
        pairs: class of each sequence, ``[sequences]``: 0 if its segments are a true pair, 1 if not, ``IGNORED`` if
            there is no pair to classify.
        masked_per_pair: number of masked subwords per pair in the whole batch that this is a part of; None if this is
            the whole batch.
    """

    ids: Int64[Tensor, " subwords"]
    types: Int64[Tensor, " subwords"]
    lengths: Int64[Tensor, " sequences"]
    masked: Int64[Tensor, " masked"]
    targets: Int64[Tensor, " masked"]
    pairs: Int64[Tensor, " sequences"]
    masked_per_pair: float | None = None

    @property
    def subwords(self) -> int:
        """Number of subwords in all sequences."""
        return len(self.ids)

    def part(self, rank: int, size: int) -> MaskedBatch | None:
        """Return the share of one of several processes: consecutive sequences, about equally many each; None if none.

        Args:
            rank: rank of the process.
            size: number of processes.
        """
        if size == 1:
            return self
        first, last = (len(self.lengths) * number // size for number in (rank, rank + 1))
        if first == last:
            return None
        ends = [0, *self.lengths.cumsum(0).tolist()]
        start, end = ends[first], ends[last]
        in_part = (self.masked >= start) & (self.masked < end)
        return MaskedBatch(
            ids=self.ids[start:end],
            types=self.types[start:end],
            lengths=self.lengths[first:last],
            masked=self.masked[in_part] - start,
            targets=self.targets[in_part],
            pairs=self.pairs[first:last],
            masked_per_pair=max(1, len(self.masked)) / max(1, int((self.pairs != IGNORED).sum())),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Losses:
    """Summed cross-entropies, numbers of predictions and numbers of correct predictions, each over a batch."""

    masked_loss: Tensor
    masked: int
    masked_correct: Tensor
    pair_loss: Tensor
    pairs: int
    pairs_correct: Tensor


class PretrainingModel(nn.Module):
    """BERT with its pre-training heads, as an :class:`onoma.engine.data.Objective`.

    Args:
        encoder: encoder from subword ids to hidden states.
        masked: head that predicts masked subwords.
        pairs: head that classifies pairs of segments; None for no such head.
    """

    def __init__(self, encoder: Encoder, masked: MaskedHead, pairs: PairHead | None) -> None:
        super().__init__()
        self.encoder = encoder
        self.masked = masked
        self.pairs = pairs

    def losses(self, batch: MaskedBatch) -> Losses:
        """Return the losses of both heads, and their numbers of correct predictions."""
        starts = batch.lengths.cumsum(0) - batch.lengths
        has_pairs = self.pairs is not None and bool((batch.pairs != IGNORED).any())
        subword_indices = torch.cat([batch.masked, starts]) if has_pairs else batch.masked
        hidden = self.encoder.packed(
            batch.ids,
            batch.lengths,
            at=subword_indices if len(subword_indices) else starts,
            types=batch.types if self.encoder.config.token_types > 1 else None,
        )
        count = len(batch.masked)
        zero_loss, zero_count = 0.0 * hidden.sum(), batch.targets.new_zeros(())
        masked_loss, masked_correct = zero_loss, zero_count
        if count:
            masked_loss, masked_correct = self.masked.loss(hidden[:count], self.encoder.words.weight, batch.targets)
        pair_loss, pairs_correct = zero_loss, zero_count
        if has_pairs:
            assert self.pairs is not None
            pair_loss, pairs_correct = self.pairs.loss(hidden[count:], batch.pairs)
        pairs = int((batch.pairs != IGNORED).sum()) if has_pairs else 0
        return Losses(masked_loss, count, masked_correct, pair_loss, pairs, pairs_correct)

    def loss(self, batch: MaskedBatch) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        """Return the loss times its weight, and the weight.

        The loss is the mean loss of the masked subwords plus the mean loss of the pairs; its weight is the number of
        masked subwords. The losses and weights of a batch's parts add up to those of the batch.
        """
        losses = self.losses(batch)
        weight = max(1, losses.masked) if batch.masked_per_pair is None else losses.masked
        per_pair = weight / max(1, losses.pairs) if batch.masked_per_pair is None else batch.masked_per_pair
        total = losses.masked_loss + per_pair * losses.pair_loss
        return total, torch.tensor(float(weight), device=total.device)

    @property
    def sparse_embeddings(self) -> Sequence[nn.Embedding]:
        """Embedding tables of which a batch reads few rows: none.

        The output embeddings are tied to those of the input, and each step scores all subwords.
        """
        return ()

    @property
    def lr_multipliers(self) -> dict[str, float]:
        """Learning rate factors by parameter name: none."""
        return {}
