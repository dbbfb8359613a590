"""One encoder with named heads: subword ids to the scores of each task, and to a loss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn

from onoma.models.auto import AutoEncoder
from onoma.models.encoder import Encoder
from onoma.models.heads import Head, SentenceBounds


@dataclass(frozen=True, slots=True, eq=False)
class PackedBatch:
    """Windows one after the other, without padding, with their targets.

    Attributes:
        ids: subword ids, special tokens included, ``[subwords]``.
        lengths: subwords of each window, ``[windows]``.
        words: the subwords at which words are read, in order, ``[words]``.
        begins: whether a word is the first one of its sentence, ``[words]``.
        ends: whether it is the last one, ``[words]``.
        targets: by the name of the task: of each word, ``[words]``, or the first word, the last word and the label of
            spans, words counted over all windows, ``[spans, 3]``.
    """

    ids: Int64[Tensor, " subwords"]
    lengths: Int64[Tensor, " windows"]
    words: Int64[Tensor, " words"]
    begins: Bool[Tensor, " words"]
    ends: Bool[Tensor, " words"]
    targets: Mapping[str, Int64[Tensor, " words"] | Int64[Tensor, "spans 3"]]

    @property
    def subwords(self) -> int:
        """Subwords of all windows."""
        return len(self.ids)

    @property
    def sequences(self) -> SentenceBounds:
        """The sentences of the words; a new one begins where a sentence or a window does."""
        window = torch.searchsorted(self.lengths.cumsum(0), self.words, right=True)
        first = self.begins.clone()
        first[1:] |= window[1:] != window[:-1]
        first[1:] |= self.ends[:-1]
        first[:1] = True
        starts = first.nonzero().flatten()
        behind = torch.cat([starts[1:], starts.new_tensor([len(first)])])
        return SentenceBounds(behind - starts, self.begins[starts], self.ends[behind - 1])

    def part(self, rank: int, size: int) -> PackedBatch | None:
        """The windows of one of several processes: neighbours, with about as many subwords as every other's.

        A window goes to the process whose share of the subwords contains its middle. None if there is no such window.
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
        mine = (self.words >= start) & (self.words < end)
        return PackedBatch(
            ids=self.ids[start:end],
            lengths=self.lengths[first:last],
            words=self.words[mine] - start,
            begins=self.begins[mine],
            ends=self.ends[mine],
            targets={task: _part(targets, mine) for task, targets in self.targets.items()},
        )


def _part(targets: Tensor, mine: Tensor) -> Tensor:
    """The targets of some neighbouring words."""
    if targets.ndim == 1:
        return targets[mine]
    first = int(mine.int().argmax()) if len(mine) else 0
    inside = mine[targets[:, 0]]
    return targets[inside] - targets.new_tensor([first, first, 0])


class Model(nn.Module):
    """An encoder with a head for each task.

    Args:
        encoder: subword ids to hidden states.
        heads: hidden states to scores, by the name of the task.
        weights: what the loss of a task counts beside those of the others, by its name; 1 where it is not named.
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
        """Scores of every subword by the name of the task, before any softmax.

        Args:
            ids: subword ids, special tokens included.
            mask: 1 for subwords and 0 for padding.
        """
        hidden = self.encoder(ids, mask)
        return {task: head(hidden) for task, head in self.heads.items()}

    def loss(self, batch: PackedBatch) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        """The sum of all words' losses and of their weights, over the tasks that the batch has targets of."""
        words = batch.words
        hidden = self.encoder.packed(batch.ids, batch.lengths, at=words if len(words) else None)
        if not len(words):
            nothing = 0.0 * hidden.sum()
            return nothing, nothing.detach()
        sequences = batch.sequences
        losses = [self._loss(task, hidden, sequences, targets) for task, targets in batch.targets.items()]
        return sum_of([total for total, _ in losses]), sum_of([weight for _, weight in losses])

    def _loss(
        self,
        task: str,
        hidden: Float[Tensor, "words hidden"],
        sequences: SentenceBounds,
        targets: Int64[Tensor, "*targets"],
    ) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        total, weight = self.head(task).loss(hidden, sequences, targets)
        return total * self.weights[task] if task in self.weights else total, weight

    @property
    def sparse_tables(self) -> tuple[nn.Embedding, ...]:
        """Embedding tables of which a batch reads few rows: that of the subwords."""
        return (self.encoder.words,)

    @property
    def rate_factors(self) -> dict[str, float]:
        """Parameters that learn faster than the others, by name, and how many times as fast."""
        heads = {task: self.head(task).rate_factors for task in self.heads}
        return {f"heads.{task}.{name}": factor for task, factors in heads.items() for name, factor in factors.items()}

    def head(self, task: str) -> Head:
        """The head of a task."""
        head = self.heads[task]
        assert isinstance(head, Head)
        return head


def sum_of(tensors: list[Tensor]) -> Tensor:
    """The sum of scalars; of one, the scalar itself."""
    total = tensors[0]
    for each in tensors[1:]:
        total = total + each
    return total
