"""One affine map from hidden states to tag scores, every word on its own (Devlin et al. 2019, section 5.3)."""

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
    ) -> None:
        super().__init__(hidden, tags, dropout=dropout, class_weights=class_weights, label_smoothing=label_smoothing)
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
        total = functional.cross_entropy(
            self.affine(self.dropout(hidden[words])),
            gold,
            weight=self.class_weights,
            label_smoothing=self.label_smoothing,
            reduction="sum",
        )
        return total / self.mass(gold).clamp(min=torch.finfo(torch.float32).tiny)
