"""Batches of tokenized text, with new sequences and masks in every pass, determined by seed and batch number alone.

The engine's epoch is here the interval of steps between two evaluations. A *pass* goes once through the text, shard by
shard, so that the text may be larger than memory. The shards, and the sequences within a shard, are in random order.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate as accumulate_sums
from itertools import pairwise

import numpy as np
import torch
from tokenizers import Tokenizer

from onoma.engine.batching import shuffled_batches
from onoma.engine.devices import to_device
from onoma.models import IGNORED, MaskedBatch
from onoma.pretraining.masking import Masked, Masking
from onoma.pretraining.sequences import SentencePairs, Sequences, make_sequences, shards_of
from onoma.pretraining.tokenized import TokenizedText
from onoma.pretraining.vocabulary import SpecialIds

_SHARD_SUBWORDS = 4_000_000
"""Approximate number of subwords in a shard, a part of the text whose sequences are made together."""

_SAMPLED_SHARDS = 4
"""Number of shards from which the number of batches in all shards is estimated."""

_DESCRIBED_SEQUENCES = 2
_DESCRIBED_CHARACTERS = 60
_EMPTY_ARRAY = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Phase:
    """A number of consecutive steps and the stream that supplies their batches."""

    steps: int
    stream: BatchStream


@dataclass(frozen=True, slots=True)
class MaskRate:
    """Share of the subwords that is masked; it changes linearly from the first step to the last."""

    start: float
    end: float

    def at(self, progress: float) -> float:
        """Return the mask rate after the given share of all steps."""
        return self.start + (self.end - self.start) * progress


@dataclass(frozen=True, slots=True, eq=False)
class BatchBuilder:
    """Builder of masked batches from sequences.

    Attributes:
        text: the text that the segments of the sequences refer to.
        special: ids of the special tokens.
        masking: masking strategy; None to mask nothing.
    """

    text: TokenizedText
    special: SpecialIds
    masking: Masking | None

    def make(
        self,
        sequences: Sequences,
        *,
        rate: float,
        random: np.random.Generator,
        device: torch.device,
    ) -> MaskedBatch:
        """Build a batch of sequences.

        Each sequence begins with ``[CLS]`` and has a ``[SEP]`` after each segment. The second segment of a pair has
        token type 1.

        Args:
            sequences: the sequences of the batch.
            rate: share of the subwords to mask.
            random: random number generator for the masks.
            device: device of the batch.
        """
        cls, sep = np.array([self.special.cls]), np.array([self.special.sep])
        pieces, types, lengths = [], [], []
        for segments, pair in zip(sequences.segments, sequences.pairs, strict=True):
            length = 0
            pieces.append(cls)
            for number, (start, end) in enumerate(segments):
                pieces += [self.text.ids[start:end], sep]
                size = end - start + 1 + (number == 0)
                types.append(np.full(size, number if pair != IGNORED else 0))
                length += size
            lengths.append(length)
        ids = np.concatenate(pieces).astype(np.int64)
        sequence_indices = np.repeat(np.arange(len(lengths)), lengths)
        masked = Masked(ids, _EMPTY_ARRAY, _EMPTY_ARRAY)
        if self.masking is not None:
            masked = self.masking(ids, sequence_indices, rate=rate, random=random)
        return MaskedBatch(
            ids=to_device(masked.ids, device),
            types=to_device(np.concatenate(types), device),
            lengths=to_device(np.array(lengths), device),
            masked=to_device(masked.places, device),
            targets=to_device(masked.targets, device),
            pairs=to_device(np.array(sequences.pairs), device),
        )


class BatchStream:
    """Numbered batches of one window size, over any number of passes.

    A shard of the text supplies the same number of batches in each pass, although the random choices may produce more
    or fewer. If there are more, some are left out in this pass; if there are fewer, some are repeated.

    Args:
        text: text to train on.
        window: maximum length of a sequence in subwords, special tokens included.
        pairs: kind of sentence pairs.
        budget: maximum number of subwords per batch, counted with padding to its longest sequence.
        seed: seed of the sequences and their order.

    Attributes:
        per_pass: number of batches per pass.
    """

    def __init__(
        self, text: TokenizedText, *, window: int, pairs: SentencePairs, budget: int, seed: tuple[int, ...]
    ) -> None:
        self._text, self._window, self._pairs, self._budget, self._seed = text, window, pairs, budget, seed
        self._shards = shards_of(text, subwords=_SHARD_SUBWORDS)
        self._cached_shard: tuple[tuple[int, int], Sequences, list[list[int]]] | None = None
        sizes = [int(text.sentences[each.stop] - text.sentences[each.start]) for each in self._shards]
        sampled = np.unique(np.linspace(0, len(sizes) - 1, num=_SAMPLED_SHARDS).astype(int)).tolist()
        batch_count = sum(len(self._make_shard(0, shard)[1]) for shard in sampled)
        per_subword = batch_count / sum(sizes[shard] for shard in sampled)
        self._counts = [max(1, round(size * per_subword)) for size in sizes]
        self.per_pass: int = sum(self._counts)

    def batch(self, number: int) -> Sequences:
        """Return the sequences of batch ``number``, which is counted from 0 over all passes."""
        pass_number, position = divmod(number, self.per_pass)
        order = np.random.default_rng((*self._seed, pass_number)).permutation(len(self._shards))
        shard_ends = np.cumsum([self._counts[shard] for shard in order])
        order_index = int(np.searchsorted(shard_ends, position, side="right"))
        sequences, batches = self._make_shard(pass_number, int(order[order_index]))
        indices = batches[(position - int(shard_ends[order_index])) % len(batches)]
        return Sequences([sequences.segments[each] for each in indices], [sequences.pairs[each] for each in indices])

    def _make_shard(self, pass_number: int, shard: int) -> tuple[Sequences, list[list[int]]]:
        """Return the sequences of a shard in a pass and the indices in each of its batches; cache the last result."""
        if self._cached_shard is None or self._cached_shard[0] != (pass_number, shard):
            random = np.random.default_rng((*self._seed, pass_number, shard))
            sentences = self._shards[shard]
            sequences = make_sequences(self._text, sentences, pairs=self._pairs, window=self._window, random=random)
            self._cached_shard = (
                (pass_number, shard),
                sequences,
                shuffled_batches(sequences.lengths(), budget=self._budget, random=random),
            )
        return self._cached_shard[1:]


class PretrainingData:
    """Training batches, indexed by their number in the whole run; implements :class:`onoma.engine.data.Data`.

    Args:
        maker: builder of batches from the training text.
        tokenizer: tokenizer that decodes subwords for messages.
        rate: mask rate over the run.
        phases: phases of the run, in order.
        measurements: number of intervals between evaluations that the steps are divided into; at most one per step.
        budget: maximum number of subwords per batch.
        accumulate: number of batches per optimizer step.
        seed: seed of the masks.
    """

    def __init__(
        self,
        maker: BatchBuilder,
        *,
        tokenizer: Tokenizer,
        rate: MaskRate,
        phases: Sequence[Phase],
        measurements: int,
        budget: int,
        accumulate: int,
        seed: int,
    ) -> None:
        self.budget = budget
        self.subwords = maker.text.subwords
        self._maker, self._tokenizer, self._rate, self._phases, self._seed = maker, tokenizer, rate, phases, seed
        steps = [phase.steps for phase in phases]
        self._phase_starts = [start * accumulate for start in accumulate_sums(steps, initial=0)]
        self.measurements = min(measurements, sum(steps))
        interval_count = max(1, self.measurements)
        bounds = [sum(steps) * number // interval_count * accumulate for number in range(interval_count + 1)]
        self._intervals = [range(start, end) for start, end in pairwise(bounds)]

    def __len__(self) -> int:
        """Return the number of documents in the text."""
        return len(self._maker.text.documents) - 1

    def epoch(self, number: int) -> list[tuple[int]]:
        """Return the batches of the interval between two evaluations; each is a tuple with its number."""
        return [(batch,) for batch in self._intervals[number]]

    def load(self, chosen: Sequence[int], *, epoch: int, device: torch.device) -> MaskedBatch:
        """Load the batch with the chosen number; its masks depend only on this number and the seed."""
        del epoch
        (number,) = chosen
        return self._maker.make(
            self._get_sequences(number),
            rate=self._rate.at(number / max(1, self._phase_starts[-1])),
            random=np.random.default_rng((self._seed, number)),
            device=device,
        )

    def describe(self, chosen: Sequence[int]) -> str:
        """Describe a batch by the beginnings of its first sequences."""
        sequences = self._get_sequences(chosen[0])
        first_segments = [segments[0] for segments in sequences.segments[:_DESCRIBED_SEQUENCES]]
        texts = [self._tokenizer.decode(self._maker.text.ids[start:end].tolist()) for start, end in first_segments]
        listed = ", ".join(repr(text[:_DESCRIBED_CHARACTERS]) for text in texts)
        return f"{len(sequences)} sequences, the first of which begin {listed}"

    def _get_sequences(self, number: int) -> Sequences:
        phase_index = bisect_right(self._phase_starts, number) - 1
        return self._phases[phase_index].stream.batch(number - self._phase_starts[phase_index])
