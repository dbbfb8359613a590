"""Evaluation on held-out text: perplexity and accuracies, or similarity to a teacher.

The sequences and masks are the same each time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import torch

from onoma.engine.dtype import Dtype
from onoma.engine.events import Score
from onoma.models import DistillationModel, MaskedBatch, PretrainingModel
from onoma.pretraining.data import BatchBuilder
from onoma.pretraining.sequences import SentencePairs, Sequences, make_sequences, shards_of

_SEED = 20181011
_BATCH_SUBWORDS = 4_096
_PART_SUBWORDS = 2_000


class HeldOutEvaluator:
    """Held-out text, prepared for evaluation.

    Args:
        maker: builder of batches from the held-out text.
        pairs: kind of sentence pairs.
        window: maximum length of a sequence in subwords.
        rate: share of the subwords to predict.
        subwords: approximate maximum number of subwords to evaluate on, from randomly chosen parts of the text.
    """

    def __init__(self, maker: BatchBuilder, *, pairs: SentencePairs, window: int, rate: float, subwords: int) -> None:
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

    def measure(self, model: PretrainingModel | DistillationModel, *, device: torch.device, dtype: Dtype) -> Score:
        """Evaluate a model: its losses, in nats, and the metrics derived from them.

        The score is the negative mean loss per masked subword, or the negative distillation loss, so that higher is
        better. The perplexity of masked subwords depends on the vocabulary and on the masks, so it can only be compared
        if both are the same.
        """
        model.eval()
        if isinstance(model, DistillationModel):
            return self._distilled(model, device=device, dtype=dtype)
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

    def _distilled(self, model: DistillationModel, *, device: torch.device, dtype: Dtype) -> Score:
        """Compute the distillation losses, and the explained variance of the teacher's last hidden states."""
        relation_loss = hidden_loss = squares = 0.0
        total = torch.zeros(model.teacher.encoder.hidden, dtype=torch.float64)
        subwords = 0
        with torch.no_grad(), dtype.products(device):
            for batch in self._loaded(device):
                found = model.compare(batch)
                relation_loss += float(found.relation_loss)
                hidden_loss += float(found.hidden_loss)
                taught = found.taught.cpu().double()
                total += taught.sum(0)
                squares += float(taught.square().sum())
                subwords += batch.subwords
        variance = (squares - float(total.square().sum()) / subwords) / len(total)
        loss = (relation_loss + model.hidden_weight * hidden_loss) / subwords
        figures = {
            "distillation_loss": loss,
            "relation_loss": relation_loss / subwords,
            "hidden_loss": hidden_loss / subwords,
            "explained_variance": 1 - hidden_loss / variance,
        }
        return Score(-loss, figures)

    def _loaded(self, device: torch.device) -> Iterator[MaskedBatch]:
        for number, chosen in enumerate(self._batches):
            some = Sequences(
                [self._made.segments[each] for each in chosen], [self._made.pairs[each] for each in chosen]
            )
            random = np.random.default_rng((_SEED, number))
            yield self._maker.make(some, rate=self._rate, random=random, device=device)
