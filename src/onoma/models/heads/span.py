"""A head that scores all spans of a sentence, any of which may be an entity; see :mod:`onoma.tasks.span_task`.

Out of about a thousand spans of a sentence, only a few are entities. The loss of a label in a sentence is that of
Su et al. 2022 (equation 6) ::

    log(1 + sum of exp(score) over all other spans) + log(1 + sum of exp(-score) over entities)

In this loss, the many spans that are clearly not entities have almost no weight, and a score of 0 separates entities
from other spans. A separate cross-entropy for every span finds fewer entities.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float, Int64
from numpy.typing import NDArray
from torch import Tensor, nn

from onoma.models.heads.head import AffineHead, HeadSettings, SentenceBounds
from onoma.tasks import SpanTask

_INITIAL_LOG_ODDS = -4.0
"""Log-odds of every span before training."""


class SpanHead(AffineHead):
    """A span head: one affine map from hidden states to queries, keys, and scores as first and last word of a span.

    Its learning rates are far higher than that of the encoder. Queries and keys are small at first, so that their
    product, and its gradient, is too; and the scores of widths have to fall by several units, as in a batch there are
    thousands of spans for each entity.

    Args:
        hidden: width of the hidden states.
        task: task whose spans are scored.
        settings: see :class:`HeadSettings`.
    """

    lr_multipliers: ClassVar[Mapping[str, float]] = MappingProxyType(
        {"affine.weight": 30.0, "affine.bias": 30.0, "width": 500.0}
    )

    def __init__(self, hidden: int, task: SpanTask, settings: HeadSettings | None = None) -> None:
        super().__init__(hidden, task.shape[0], settings)
        self.task = task
        self.width = nn.Parameter(torch.full((task.widest, len(task.labels)), _INITIAL_LOG_ODDS))

    def loss(
        self, hidden: Float[Tensor, "words hidden"], sequences: SentenceBounds, targets: Int64[Tensor, "spans 3"]
    ) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        """See :meth:`Head.loss`; each label of a sentence has weight 1, or 0 if it is not annotated there."""
        labels = len(self.task.labels)
        is_unannotated = targets[:, 2] >= labels
        targets, unannotated = targets[~is_unannotated], targets[is_unannotated]
        features = self(hidden).float()
        starts, widths = self._spans(sequences)
        scores = span_scores(features, starts, widths, size=self.task.size, width=self.width)
        span_index = torch.full((len(hidden), self.task.widest), -1, device=scores.device)
        span_index[starts, widths] = torch.arange(len(starts), device=scores.device)
        first, last, label = targets.unbind(dim=1)
        is_entity = torch.zeros_like(scores, dtype=torch.bool)
        is_entity[span_index[first, last - first], label] = True
        count = len(sequences.lengths)
        sentence_of_word = torch.arange(count, device=scores.device).repeat_interleave(sequences.lengths)
        sentence_ids = sentence_of_word[starts]
        negative_loss = _logsumexp_with_zero(scores.masked_fill(is_entity, -torch.inf), sentence_ids, count)
        positive_loss = _logsumexp_with_zero(-scores.masked_fill(~is_entity, torch.inf), sentence_ids, count)
        weights = scores.new_ones(count, labels)
        weights[sentence_of_word[unannotated[:, 0]], unannotated[:, 2] - labels] = 0
        return (weights * (negative_loss + positive_loss)).sum(), weights.sum().clamp(min=1)

    def parameters_for_decoding(self) -> dict[str, NDArray[np.float64]]:
        """Return the learned scores of the span widths."""
        return {"width": self.width.detach().cpu().double().numpy()}

    def _spans(self, sequences: SentenceBounds) -> tuple[Int64[Tensor, " spans"], Int64[Tensor, " spans"]]:
        """Return the first word of each span, and the number of words after it in the span."""
        lengths = sequences.lengths
        word_indices = torch.arange(int(lengths.sum()), device=lengths.device)
        words_left = lengths.cumsum(0).repeat_interleave(lengths) - word_indices
        widths = torch.arange(self.task.widest, device=lengths.device)
        starts, span_widths = (widths < words_left[:, None]).nonzero(as_tuple=True)
        return starts, span_widths


def span_scores(
    features: Float[Tensor, "*axes words features"],
    starts: Int64[Tensor, " spans"],
    widths: Int64[Tensor, " spans"],
    *,
    size: int,
    width: Float[Tensor, "widest labels"],
) -> Float[Tensor, "*axes spans labels"]:
    """Return the scores of spans before calibration; see :mod:`onoma.tasks.span_task`.

    Args:
        features: features of the words.
        starts: first word of each span.
        widths: number of words after the first one of each span.
        size: dimension of a query and of a key.
        width: scores of the widths.
    """
    labels = width.shape[1]
    query, key, first, last = torch.split(features, [size, size, labels, labels], dim=-1)
    ends = starts + widths
    match = (query[..., starts, :] * key[..., ends, :]).sum(dim=-1) * size**-0.5
    scores: Tensor = match[..., None] + first[..., starts, :] + last[..., ends, :] + width[widths]
    return scores


def _logsumexp_with_zero(
    scores: Float[Tensor, "spans labels"], sentence_ids: Int64[Tensor, " spans"], count: int
) -> Float[Tensor, "sentences labels"]:
    """Return ``log(1 + sum(exp(score)))`` over the spans of each sentence."""
    zeros = scores.new_zeros(count, scores.shape[1])
    with torch.no_grad():
        peaks = zeros.scatter_reduce(0, sentence_ids[:, None].expand_as(scores), scores, "amax")
    sums = torch.exp(-peaks).index_add(0, sentence_ids, torch.exp(scores - peaks[sentence_ids]))
    return peaks + sums.log()
