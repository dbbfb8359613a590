"""Held-out text to perplexity and accuracies, with the same sequences and masks each time."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import torch

from onoma.engine.dtype import Dtype
from onoma.engine.events import Score
from onoma.models import MaskedBatch, PretrainingModel
from onoma.pretraining.data import Maker
from onoma.pretraining.sequences import SentencePairs, Sequences, make_sequences, shards_of

_SEED = 20181011
_BATCH_SUBWORDS = 4_096
_PART_SUBWORDS = 2_000


class HeldOut:
    """Held-out text, ready to be measured on.

    Args:
        maker: makes batches of it.
        pairs: the kind of pairs.
        window: subwords of a sequence at most.
        rate: share of the subwords to predict.
        subwords: measure on about so many at most, of parts of the text that are drawn by chance.
    """

    def __init__(self, maker: Maker, *, pairs: SentencePairs, window: int, rate: float, subwords: int) -> None:
        self._maker, self._rate = maker, rate
        random = np.random.default_rng(_SEED)
        made = Sequences()
        left = subwords
        parts = shards_of(maker.text, subwords=_PART_SUBWORDS)
        for part in random.permutation(len(parts)).tolist():
            if left <= 0:
                break
            some = make_sequences(maker.text, parts[part], pairs=pairs, window=window, random=random)
            made.segments += some.segments
            made.pairs += some.pairs
            left -= int(some.lengths().sum())
        order = np.argsort(made.lengths(), kind="stable")
        per_batch = max(1, _BATCH_SUBWORDS // window)
        self._batches = [order[start : start + per_batch].tolist() for start in range(0, len(order), per_batch)]
        self._made = made

    def measure(self, model: PretrainingModel, *, device: torch.device, dtype: Dtype) -> Score:
        """The losses of a model as it is, in nats, and what follows from them; the better of two scores is higher.

        The score is minus the mean loss of a masked subword. Its perplexity depends on the vocabulary and on what is
        masked, and can only be compared where both are the same.
        """
        model.eval()
        masked_loss = masked = masked_correct = pair_loss = pairs = pairs_correct = 0.0
        with torch.no_grad(), dtype.products(device):
            for batch in self._loaded(device):
                found = model.losses(batch)
                masked_loss += float(found.masked_loss)
                masked += found.masked
                masked_correct += float(found.masked_correct)
                pair_loss += float(found.pair_loss)
                pairs += found.pairs
                pairs_correct += float(found.pairs_correct)
        mean = masked_loss / max(1.0, masked)
        figures = {
            "masked_loss": mean,
            "perplexity": math.exp(min(mean, 50.0)),
            "masked_accuracy": masked_correct / max(1.0, masked),
        }
        if pairs:
            figures |= {"pair_loss": pair_loss / pairs, "pair_accuracy": pairs_correct / pairs}
        return Score(-mean, figures)

    def _loaded(self, device: torch.device) -> Iterator[MaskedBatch]:
        for number, chosen in enumerate(self._batches):
            some = Sequences(
                [self._made.segments[each] for each in chosen], [self._made.pairs[each] for each in chosen]
            )
            random = np.random.default_rng((_SEED, number))
            yield self._maker.make(some, rate=self._rate, random=random, device=device)
