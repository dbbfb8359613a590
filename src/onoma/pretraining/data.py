"""Tokenized text to batches: new sequences and new masks in every pass, decided by seed and number alone.

What the engine calls an epoch is here the stretch of steps between two measurements. A *pass* goes once through the
text: part by part, so that text larger than memory can be learnt from; the parts in a random order, the sequences of a
part as well.
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
"""Subwords of a part of the text whose sequences are made together."""

_TRIED_SHARDS = 4
"""Parts from which the batches of all are estimated."""

_SHOWN = 2
_SHOWN_CHARACTERS = 60
_NOTHING = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of steps, and where their batches come from."""

    steps: int
    stream: Stream


@dataclass(frozen=True, slots=True)
class MaskRate:
    """The share of subwords that is masked, which changes evenly from the first step to the last."""

    start: float
    end: float

    def at(self, progress: float) -> float:
        """The rate after a share of all steps."""
        return self.start + (self.end - self.start) * progress


@dataclass(frozen=True, slots=True, eq=False)
class Maker:
    """Makes batches of sequences.

    Attributes:
        text: what the segments are of.
        special: ids of special tokens.
        masking: masks; None to mask nothing.
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
        """A batch: ``[CLS]``, and after each segment ``[SEP]``; the second segment of a pair has token type 1."""
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
        owners = np.repeat(np.arange(len(lengths)), lengths)
        masked = Masked(ids, _NOTHING, _NOTHING)
        if self.masking is not None:
            masked = self.masking(ids, owners, rate=rate, random=random)
        return MaskedBatch(
            ids=to_device(masked.ids, device),
            types=to_device(np.concatenate(types), device),
            lengths=to_device(np.array(lengths), device),
            masked=to_device(masked.places, device),
            targets=to_device(masked.targets, device),
            pairs=to_device(np.array(sequences.pairs), device),
        )


class Stream:
    """Batches of one window, pass after pass, by number.

    A part of the text gives equally many batches in each pass. Where chance has made more of them, the last ones in the
    random order wait for another pass; where it has made fewer, the first ones come twice.

    Args:
        text: what is learnt from.
        window: subwords of a sequence at most, special tokens included.
        pairs: the kind of pairs.
        budget: subwords of a batch, padded to its longest sequence.
        seed: of sequences and order.

    Attributes:
        per_pass: batches of a pass.
    """

    def __init__(
        self, text: TokenizedText, *, window: int, pairs: SentencePairs, budget: int, seed: tuple[int, ...]
    ) -> None:
        self._text, self._window, self._pairs, self._budget, self._seed = text, window, pairs, budget, seed
        self._shards = shards_of(text, subwords=_SHARD_SUBWORDS)
        self._made: tuple[tuple[int, int], Sequences, list[list[int]]] | None = None
        sizes = [int(text.sentences[each.stop] - text.sentences[each.start]) for each in self._shards]
        tried = np.unique(np.linspace(0, len(sizes) - 1, num=_TRIED_SHARDS).astype(int)).tolist()
        batches = sum(len(self._shard(0, shard)[1]) for shard in tried)
        per_subword = batches / sum(sizes[shard] for shard in tried)
        self._counts = [max(1, round(size * per_subword)) for size in sizes]
        self.per_pass: int = sum(self._counts)

    def batch(self, number: int) -> Sequences:
        """The sequences of a batch, counted from 0 over all passes."""
        passed, place = divmod(number, self.per_pass)
        order = np.random.default_rng((*self._seed, passed)).permutation(len(self._shards))
        ends = np.cumsum([self._counts[shard] for shard in order])
        turn = int(np.searchsorted(ends, place, side="right"))
        made, batches = self._shard(passed, int(order[turn]))
        chosen = batches[(place - int(ends[turn])) % len(batches)]
        return Sequences([made.segments[each] for each in chosen], [made.pairs[each] for each in chosen])

    def _shard(self, passed: int, shard: int) -> tuple[Sequences, list[list[int]]]:
        """The sequences of a part in a pass, and its batches; those made last are kept."""
        if self._made is None or self._made[0] != (passed, shard):
            random = np.random.default_rng((*self._seed, passed, shard))
            sentences = self._shards[shard]
            made = make_sequences(self._text, sentences, pairs=self._pairs, window=self._window, random=random)
            self._made = (passed, shard), made, shuffled_batches(made.lengths(), budget=self._budget, random=random)
        return self._made[1:]


class PretrainingData:
    """Batches as the engine asks for them, by their number in the whole run; see :class:`onoma.engine.data.Data`.

    Args:
        maker: makes batches of the text that is learnt from.
        tokenizer: shows text to people.
        rate: how much is masked.
        phases: the batches of each stretch of steps, in order.
        measurements: stretches that the steps are cut into; fewer where there are fewer steps.
        budget: subwords of a batch.
        accumulate: batches of a step.
        seed: of the masks.
    """

    def __init__(
        self,
        maker: Maker,
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
        self._starts = [start * accumulate for start in accumulate_sums(steps, initial=0)]
        self.measurements = min(measurements, sum(steps))
        parts = max(1, self.measurements)
        bounds = [sum(steps) * number // parts * accumulate for number in range(parts + 1)]
        self._parts = [range(start, end) for start, end in pairwise(bounds)]

    def __len__(self) -> int:
        """Documents of the text."""
        return len(self._maker.text.documents) - 1

    def epoch(self, number: int) -> list[tuple[int]]:
        """The batches between two measurements, each by its number."""
        return [(batch,) for batch in self._parts[number]]

    def load(self, chosen: Sequence[int], *, epoch: int, device: torch.device) -> MaskedBatch:
        """The batch of a number, masked as only this number is."""
        del epoch
        (number,) = chosen
        return self._maker.make(
            self._sequences(number),
            rate=self._rate.at(number / max(1, self._starts[-1])),
            random=np.random.default_rng((self._seed, number)),
            device=device,
        )

    def describe(self, chosen: Sequence[int]) -> str:
        """The beginnings of the first sequences of a batch."""
        found = self._sequences(chosen[0])
        starts = [segments[0] for segments in found.segments[:_SHOWN]]
        shown = [self._tokenizer.decode(self._maker.text.ids[start:end].tolist()) for start, end in starts]
        listed = ", ".join(repr(text[:_SHOWN_CHARACTERS]) for text in shown)
        return f"{len(found)} sequences, the first of which begin {listed}"

    def _sequences(self, number: int) -> Sequences:
        place = bisect_right(self._starts, number) - 1
        return self._phases[place].stream.batch(number - self._starts[place])
