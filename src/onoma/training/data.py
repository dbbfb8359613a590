"""Batches of examples of similar length within a subword budget; their order depends only on the seed and the epoch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from onoma.bundle import ENTITIES
from onoma.engine.batching import shuffled_batches
from onoma.engine.devices import to_device
from onoma.models import PackedBatch
from onoma.tasks import NO_TARGET
from onoma.training.examples import BEGINS, ENDS
from onoma.training.flat import Examples, PackedExamples

_MAX_DESCRIBED, _MAX_CHARACTERS = 4, 60


class TaggingData:
    """Training data of one task, in the interface of the engine; see :class:`onoma.engine.data.Data`.

    Args:
        examples: training examples.
        budget: maximum number of subwords per batch, including the padding in attention.
        seed: random seed of the order.
        tokenizer: decodes examples for messages.
        of_spans: whether the targets are spans instead of one target per word.
        task: name of the task.
    """

    def __init__(
        self,
        examples: Examples,
        *,
        budget: int,
        seed: int,
        tokenizer: Tokenizer,
        of_spans: bool = False,
        task: str = ENTITIES,
    ) -> None:
        self.examples = examples
        self.budget = budget
        self.seed = seed
        self.subwords = examples.subwords
        self._tokenizer = tokenizer
        self._of_spans = of_spans
        self._task = task

    def __len__(self) -> int:
        return len(self.examples)

    def epoch(self, number: int) -> list[list[int]]:
        """Return the indices of the examples in each batch of epoch ``number``; every example occurs once."""
        random = np.random.default_rng((self.seed, number))
        return shuffled_batches(self.examples.lengths, budget=self.budget, random=random)

    def load(self, chosen: Sequence[int], *, epoch: int, device: torch.device) -> PackedBatch:
        """Load examples as a packed batch, which is the same in every epoch; the copy to a GPU is asynchronous."""
        del epoch
        packed = self.examples.packed(chosen)
        words = np.flatnonzero(packed.targets != NO_TARGET)
        edges = packed.edges[words]
        targets = self._batch_spans(chosen, packed, words) if self._of_spans else packed.targets[words]
        return PackedBatch(
            ids=to_device(packed.ids, device),
            lengths=to_device(packed.lengths, device),
            words=to_device(words, device),
            begins=to_device(edges & BEGINS > 0, device),
            ends=to_device(edges & ENDS > 0, device),
            targets={self._task: to_device(targets, device)},
        )

    def _batch_spans(
        self, chosen: Sequence[int], packed: PackedExamples, words: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Return the spans of examples, with word indices counted over the whole batch."""
        row_offsets = np.cumsum(packed.lengths) - packed.lengths
        word_offsets = np.searchsorted(words, row_offsets)
        shifted = [
            self.examples.spans_of(position) + np.array([offset, offset, 0])
            for position, offset in zip(chosen, word_offsets, strict=True)
        ]
        return np.concatenate(shifted).astype(np.int64)

    def describe(self, chosen: Sequence[int]) -> str:
        """Describe the first few windows by their numbers and the beginnings of their texts."""
        descriptions = [
            f"{position + 1} ({self._tokenizer.decode(self.examples[position].ids.tolist())[:_MAX_CHARACTERS]!r})"
            for position in chosen[:_MAX_DESCRIBED]
        ]
        more = f" and {len(chosen) - len(descriptions)} more" if len(chosen) > len(descriptions) else ""
        return f"windows {', '.join(descriptions)}{more} of the training text"
