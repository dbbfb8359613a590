"""Tokenized text to batches: new sequences and new masks in every pass, decided by seed and number alone.

What the engine calls an epoch is here the stretch of steps between two measurements. A *pass* goes once through the
text: part by part, so that text larger than memory can be learnt from; the parts in a random order, the sequences of a
part as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from tokenizers import Tokenizer

from onoma.engine.devices import to_device
from onoma.models import IGNORED, MaskedBatch
from onoma.pretraining.masking import Masked, Masking
from onoma.pretraining.sequences import SentencePairs, Sequences, make_sequences, shards_of
from onoma.pretraining.tokenized import TokenizedText
from onoma.pretraining.vocabulary import SpecialIds

_SHARD_SUBWORDS = 4_000_000
"""Subwords of a part of the text whose sequences are made together."""

_POOL_BATCHES = 50
"""Lengths are sorted among so many batches' worth of sequences."""

_SHOWN_CHARACTERS = 60
_NOTHING = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of steps with one window.

    Attributes:
        steps: how many.
        window: subwords of a sequence at most, special tokens included.
    """

    steps: int
    window: int


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


class PretrainingData:
    """Sequences as the engine asks for them; see :class:`onoma.engine.data.Data`.

    Args:
        maker: makes batches of the text that is learnt from.
        tokenizer: shows text to people.
        rate: how much is masked.
        pairs: the kind of pairs.
        phases: windows, in order.
        measurements: stretches that the steps are cut into.
        budget: subwords of a batch.
        accumulate: batches of a step.
        seed: of everything.
    """

    def __init__(
        self,
        maker: Maker,
        *,
        tokenizer: Tokenizer,
        rate: MaskRate,
        pairs: SentencePairs,
        phases: Sequence[Phase],
        measurements: int,
        budget: int,
        accumulate: int,
        seed: int,
    ) -> None:
        self.budget = budget
        self.subwords = maker.text.subwords
        self._maker, self._tokenizer, self._rate, self._seed = maker, tokenizer, rate, seed
        self._streams: list[_Stream] = []
        first = 0
        for number, phase in enumerate(phases):
            batches = phase.steps * accumulate
            stream = _Stream(
                maker.text,
                first=first,
                batches=batches,
                batch_size=max(1, budget // phase.window),
                window=phase.window,
                pairs=pairs,
                seed=(seed, number),
            )
            self._streams.append(stream)
            first += batches * stream.batch_size
        self._sequences = first
        self._batches = [batch for stream in self._streams for batch in stream]
        steps = sum(phase.steps for phase in phases)
        self._bounds = [steps * number // measurements * accumulate for number in range(measurements + 1)]

    def __len__(self) -> int:
        """Sequences of one pass through the text."""
        return self._streams[0].per_pass

    def epoch(self, number: int) -> list[range]:
        """The batches between two measurements; a sequence is known by its number in the whole run."""
        return self._batches[self._bounds[number] : self._bounds[number + 1]]

    def load(self, chosen: Sequence[int], *, epoch: int, device: torch.device) -> MaskedBatch:
        """The sequences of these numbers, masked as only these numbers are."""
        del epoch
        return self._maker.make(
            self._chosen(chosen),
            rate=self._rate.at(chosen[0] / self._sequences),
            random=np.random.default_rng((self._seed, chosen[0])),
            device=device,
        )

    def describe(self, chosen: Sequence[int]) -> str:
        """The beginning of the first sequence."""
        start, end = self._chosen(chosen[:1]).segments[0][0]
        shown = self._tokenizer.decode(self._maker.text.ids[start:end].tolist())[:_SHOWN_CHARACTERS]
        return f"{len(chosen)} sequences, the first of which begins {shown!r}"

    def _chosen(self, numbers: Sequence[int]) -> Sequences:
        stream = next(each for each in reversed(self._streams) if each.first <= numbers[0])
        return stream.sequences(numbers)


class _Stream:
    """The sequences of one phase, pass after pass, by number.

    A part of the text gives as many sequences as its subwords fill, in whole batches. Where chance has made more of
    them the last ones in a random order wait for another pass; where it has made fewer the first ones come twice.
    """

    def __init__(
        self,
        text: TokenizedText,
        *,
        first: int,
        batches: int,
        batch_size: int,
        window: int,
        pairs: SentencePairs,
        seed: tuple[int, int],
    ) -> None:
        self.first = first
        self._text, self._batches, self.batch_size = text, batches, batch_size
        self._window, self._pairs, self._seed = window, pairs, seed
        self._shards = shards_of(text, subwords=_SHARD_SUBWORDS)
        sizes = [int(text.sentences[each.stop] - text.sentences[each.start]) for each in self._shards]
        self._counts = [-(-size // (window * batch_size)) * batch_size for size in sizes]
        self.per_pass = sum(self._counts)
        self._made: tuple[tuple[int, int], Sequences] | None = None

    def __iter__(self) -> Iterator[range]:
        """The numbers of each batch."""
        for number in range(self._batches):
            start = self.first + number * self.batch_size
            yield range(start, start + self.batch_size)

    def sequences(self, numbers: Sequence[int]) -> Sequences:
        """The sequences of some numbers of one batch."""
        passed, place = divmod(numbers[0] - self.first, self.per_pass)
        random = np.random.default_rng((*self._seed, passed))
        for shard in random.permutation(len(self._shards)).tolist():
            if place < self._counts[shard]:
                break
            place -= self._counts[shard]
        else:
            raise AssertionError("a pass has fewer sequences than its parts")
        made = self._shard(passed, shard)
        chosen = [(place + number - numbers[0]) % len(made) for number in numbers]
        return Sequences([made.segments[each] for each in chosen], [made.pairs[each] for each in chosen])

    def _shard(self, passed: int, shard: int) -> Sequences:
        """The sequences of a part in a pass, in the order in which they are learnt from; those made last are kept."""
        if self._made is None or self._made[0] != (passed, shard):
            random = np.random.default_rng((*self._seed, passed, shard))
            made = make_sequences(
                self._text, self._shards[shard], pairs=self._pairs, window=self._window, random=random
            )
            order = self._order(made, random)
            self._made = (
                (passed, shard),
                Sequences([made.segments[each] for each in order], [made.pairs[each] for each in order]),
            )
        return self._made[1]

    def _order(self, made: Sequences, random: np.random.Generator) -> list[int]:
        """Similar lengths in a batch, batches at random; chance decides which fill no batch, and these come last."""
        order, lengths = random.permutation(len(made)), made.lengths()
        whole = len(order) // self.batch_size * self.batch_size
        sorted_by_length = order.copy()
        pool = self.batch_size * _POOL_BATCHES
        for start in range(0, whole, pool):
            some = order[start : min(start + pool, whole)]
            sorted_by_length[start : start + len(some)] = some[np.argsort(lengths[some], kind="stable")]
        batches = sorted_by_length[:whole].reshape(-1, self.batch_size)
        return [*batches[random.permutation(len(batches))].flatten().tolist(), *order[whole:].tolist()]
