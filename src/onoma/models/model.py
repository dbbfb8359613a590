"""A model of one encoder and named heads, from subword ids to the scores of each task and to a loss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn

from onoma.models.encoder import Encoder
from onoma.models.heads import Head, SentenceBounds
from onoma.models.transformers_encoder import AutoEncoder


@dataclass(frozen=True, slots=True, eq=False)
class PackedBatch:
    """A packed batch of windows (one after the other, without padding), with their targets.

    Attributes:
        ids: subword ids, special tokens included, ``[subwords]``.
        lengths: number of subwords of each window, ``[windows]``.
        words: for each word, the index of the subword that represents it, in ascending order, ``[words]``.
        begins: whether each word is the first one of its sentence, ``[words]``.
        ends: whether each word is the last one of its sentence, ``[words]``.
        targets: targets by task name: either one per word, ``[words]``, or first word, last word and label of each
            span, with words counted over all windows, ``[spans, 3]``.
    """

    ids: Int64[Tensor, " subwords"]
    lengths: Int64[Tensor, " windows"]
    words: Int64[Tensor, " words"]
    begins: Bool[Tensor, " words"]
    ends: Bool[Tensor, " words"]
    targets: Mapping[str, Int64[Tensor, " words"] | Int64[Tensor, "spans 3"]]

    @property
    def subwords(self) -> int:
        """Number of subwords in all windows."""
        return len(self.ids)

    @property
    def sequences(self) -> SentenceBounds:
        """Bounds of the sentences of the words; a sentence that several windows share is split at their bounds."""
        window = torch.searchsorted(self.lengths.cumsum(0), self.words, right=True)
        is_first = self.begins.clone()
        is_first[1:] |= window[1:] != window[:-1]
        is_first[1:] |= self.ends[:-1]
        is_first[:1] = True
        starts = is_first.nonzero().flatten()
        stops = torch.cat([starts[1:], starts.new_tensor([len(is_first)])])
        return SentenceBounds(stops - starts, self.begins[starts], self.ends[stops - 1])

    def part(self, rank: int, size: int) -> PackedBatch | None:
        """Return the share of one of several processes: consecutive windows, with about equally many subwords each.

        A window goes to the process whose share of the subwords contains its middle. None if there is no such window.

        Args:
            rank: rank of the process.
            size: number of processes.
        """
        if size == 1:
            return self
        ends = self.lengths.cumsum(0)
        bounds = torch.tensor([rank, rank + 1], device=ends.device) * len(self.ids) * 2 // size
        first, last = torch.searchsorted(2 * ends - self.lengths, bounds).tolist()
        if first == last:
            return None
        starts = [0, *ends.tolist()]
        start, end = starts[first], starts[last]
        in_part = (self.words >= start) & (self.words < end)
        return PackedBatch(
            ids=self.ids[start:end],
            lengths=self.lengths[first:last],
            words=self.words[in_part] - start,
            begins=self.begins[in_part],
            ends=self.ends[in_part],
            targets={task: _select_targets(targets, in_part) for task, targets in self.targets.items()},
        )


def _select_targets(targets: Tensor, in_part: Tensor) -> Tensor:
    """Return the targets of the consecutive words in ``in_part``; spans are renumbered from the first of them."""
    if targets.ndim == 1:
        return targets[in_part]
    first = int(in_part.int().argmax()) if len(in_part) else 0
    selected = in_part[targets[:, 0]]
    return targets[selected] - targets.new_tensor([first, first, 0])


class Model(nn.Module):
    """An encoder with a head for each task.

    Args:
        encoder: encoder from subword ids to hidden states.
        heads: heads from hidden states to scores, by task name.
        weights: weight of the loss of each task, by task name; 1 for tasks that are not named.
    """

    def __init__(
        self, encoder: Encoder | AutoEncoder, heads: Mapping[str, Head], *, weights: Mapping[str, float] | None = None
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.heads = nn.ModuleDict(dict(heads))
        self.weights = dict(weights or {})

    def forward(
        self, ids: Int64[Tensor, "batch subwords"], mask: Int64[Tensor, "batch subwords"]
    ) -> dict[str, Float[Tensor, "batch subwords tags"]]:
        """Return the scores of every subword, before any softmax, by task name.

        Args:
            ids: subword ids, special tokens included.
            mask: 1 for subwords and 0 for padding.
        """
        hidden = self.encoder(ids, mask)
        return {task: head(hidden) for task, head in self.heads.items()}

    def loss(self, batch: PackedBatch) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        """Return the sum of the losses and the sum of their weights, over all tasks that the batch has targets for."""
        words = batch.words
        hidden = self.encoder.packed(batch.ids, batch.lengths, at=words if len(words) else None)
        if not len(words):
            zero = 0.0 * hidden.sum()
            return zero, zero.detach()
        sequences = batch.sequences
        losses = [self._weighted_loss(task, hidden, sequences, targets) for task, targets in batch.targets.items()]
        return add_all([total for total, _ in losses]), add_all([weight for _, weight in losses])

    def _weighted_loss(
        self,
        task: str,
        hidden: Float[Tensor, "words hidden"],
        sequences: SentenceBounds,
        targets: Int64[Tensor, "*targets"],
    ) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        total, weight = self.head(task).loss(hidden, sequences, targets)
        return total * self.weights[task] if task in self.weights else total, weight

    @property
    def sparse_embeddings(self) -> tuple[nn.Embedding, ...]:
        """Embedding tables of which a batch reads few rows: the table of the subwords."""
        return (self.encoder.words,)

    @property
    def lr_multipliers(self) -> dict[str, float]:
        """Factors on the learning rate, by the names of the parameters that they apply to."""
        heads = {task: self.head(task).lr_multipliers for task in self.heads}
        return {f"heads.{task}.{name}": factor for task, factors in heads.items() for name, factor in factors.items()}

    def head(self, task: str) -> Head:
        """Return the head of a task."""
        head = self.heads[task]
        assert isinstance(head, Head)
        return head


def add_all(tensors: list[Tensor]) -> Tensor:
    """Return the sum of scalars; a single scalar is returned as it is."""
    total = tensors[0]
    for each in tensors[1:]:
        total = total + each
    return total
