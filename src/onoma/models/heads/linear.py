"""One affine map from hidden states to tag scores, every word on its own (Devlin et al. 2019, section 5.3).

Where several tags may be right their probabilities are added up (Greenberg et al. 2018, section 3, there for a CRF).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.nn import functional

from onoma.models.heads.head import NO_TARGET, Head


class LinearHead(Head):
    """Dropout and an affine map; the loss is the mean cross-entropy over words, weighted as torch's."""

    def __init__(
        self,
        hidden: int,
        tags: int,
        *,
        dropout: float = 0.1,
        class_weights: Sequence[float] | None = None,
        label_smoothing: float = 0.0,
        alternatives: Sequence[Sequence[int]] = (),
    ) -> None:
        super().__init__(
            hidden,
            tags,
            dropout=dropout,
            class_weights=class_weights,
            label_smoothing=label_smoothing,
            alternatives=alternatives,
        )
        self.affine = nn.Linear(hidden, tags)
        nn.init.normal_(self.affine.weight, std=0.02)
        nn.init.zeros_(self.affine.bias)

    def forward(self, hidden: Float[Tensor, "batch subwords hidden"]) -> Float[Tensor, "batch subwords tags"]:
        scores: Tensor = self.affine(self.dropout(hidden))
        return scores

    def loss(
        self, hidden: Float[Tensor, "batch subwords hidden"], targets: Int64[Tensor, "batch subwords"]
    ) -> Float[Tensor, ""]:
        words = targets != NO_TARGET
        gold = targets[words]
        scores = self.affine(self.dropout(hidden[words]))
        single = gold < self.tags
        total = functional.cross_entropy(
            scores[single],
            gold[single],
            weight=self.class_weights,
            label_smoothing=self.label_smoothing,
            reduction="sum",
        )
        if len(self.alternatives):
            total = total + self._loss_of_sets(scores[~single], gold[~single])
        return total / self.mass(gold).clamp(min=torch.finfo(torch.float32).tiny)

    def _loss_of_sets(self, scores: Float[Tensor, "words tags"], gold: Int64[Tensor, " words"]) -> Float[Tensor, ""]:
        probabilities = scores.float().log_softmax(dim=-1)
        wrong = ~self.alternatives[gold - self.tags]
        surprise = -probabilities.masked_fill(wrong, -torch.inf).logsumexp(dim=-1)
        smoothed = surprise.lerp(-probabilities.mean(dim=-1), self.label_smoothing)
        return (self.weights_of(gold) * smoothed).sum()
