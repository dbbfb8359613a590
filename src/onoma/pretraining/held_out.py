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
        sequences = Sequences()
        remaining = subwords
        parts = shards_of(maker.text, subwords=_PART_SUBWORDS)
        for part in random.permutation(len(parts)).tolist():
            if remaining <= 0:
                break
            part_sequences = make_sequences(maker.text, parts[part], pairs=pairs, window=window, random=random)
            sequences.segments += part_sequences.segments
            sequences.pairs += part_sequences.pairs
            remaining -= int(part_sequences.lengths().sum())
        order = np.argsort(sequences.lengths(), kind="stable")
        per_batch = max(1, _BATCH_SUBWORDS // window)
        self._batches = [order[start : start + per_batch].tolist() for start in range(0, len(order), per_batch)]
        self._sequences = sequences

    def measure(self, model: PretrainingModel | DistillationModel, *, device: torch.device, dtype: Dtype) -> Score:
        """Evaluate a model: its losses, in nats, and the metrics derived from them.

        The score is the negative mean loss per masked subword, or the negative distillation loss, so that higher is
        better. The perplexity of masked subwords depends on the vocabulary and on the masks, so it can only be compared
        if both are the same.
        """
        model.eval()
        if isinstance(model, DistillationModel):
            return self._measure_distillation(model, device=device, dtype=dtype)
        masked_loss = masked = masked_correct = pair_loss = pairs = pairs_correct = 0.0
        with torch.no_grad(), dtype.products(device):
            for batch in self._load_batches(device):
                losses = model.losses(batch)
                masked_loss += float(losses.masked_loss)
                masked += losses.masked
                masked_correct += float(losses.masked_correct)
                pair_loss += float(losses.pair_loss)
                pairs += losses.pairs
                pairs_correct += float(losses.pairs_correct)
        mean = masked_loss / max(1.0, masked)
        figures = {
            "masked_loss": mean,
            "perplexity": math.exp(min(mean, 50.0)),
            "masked_accuracy": masked_correct / max(1.0, masked),
        }
        if pairs:
            figures |= {"pair_loss": pair_loss / pairs, "pair_accuracy": pairs_correct / pairs}
        return Score(-mean, figures)

    def _measure_distillation(self, model: DistillationModel, *, device: torch.device, dtype: Dtype) -> Score:
        """Compute the distillation losses, and the explained variance of the teacher's last hidden states."""
        relation_loss = hidden_loss = square_sum = 0.0
        hidden_sum = torch.zeros(model.teacher.encoder.hidden, dtype=torch.float64)
        subwords = 0
        with torch.no_grad(), dtype.products(device):
            for batch in self._load_batches(device):
                comparison = model.compare(batch)
                relation_loss += float(comparison.relation_loss)
                hidden_loss += float(comparison.hidden_loss)
                teacher_hidden = comparison.taught.cpu().double()
                hidden_sum += teacher_hidden.sum(0)
                square_sum += float(teacher_hidden.square().sum())
                subwords += batch.subwords
        variance = (square_sum - float(hidden_sum.square().sum()) / subwords) / len(hidden_sum)
        loss = (relation_loss + model.hidden_weight * hidden_loss) / subwords
        figures = {
            "distillation_loss": loss,
            "relation_loss": relation_loss / subwords,
            "hidden_loss": hidden_loss / subwords,
            "explained_variance": 1 - hidden_loss / variance,
        }
        return Score(-loss, figures)

    def _load_batches(self, device: torch.device) -> Iterator[MaskedBatch]:
        for number, indices in enumerate(self._batches):
            sequences = Sequences(
                [self._sequences.segments[each] for each in indices], [self._sequences.pairs[each] for each in indices]
            )
            random = np.random.default_rng((_SEED, number))
            yield self._maker.make(sequences, rate=self._rate, random=random, device=device)
