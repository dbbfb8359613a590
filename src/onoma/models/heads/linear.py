"""A head with one affine map from hidden states to the tag scores of each word (Devlin et al. 2019, section 5.3).

Where several tags may be correct, their probabilities are summed (Greenberg et al. 2018, section 3, there for a CRF).
"""

from __future__ import annotations

from typing import ClassVar

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import functional

from onoma.models.heads.head import HeadSettings, SentenceBounds, TagHead
from onoma.tasks import TagTask


class LinearHead(TagHead):
    """A tag head whose loss is the cross-entropy of each word, weighted by the class of its target.

    Raises:
        ValueError: the number of class weights is not the number of tags.
    """

    has_word_losses: ClassVar[bool] = True

    class_weights: Float[Tensor, " tags"] | None

    def __init__(self, hidden: int, task: TagTask, settings: HeadSettings | None = None) -> None:
        super().__init__(hidden, task, settings)
        weights = self.settings.class_weights
        if weights is not None and len(weights) != self.tags:
            raise ValueError(f"{len(weights)} class weights for {self.tags} tags")
        self.register_buffer("class_weights", None if weights is None else torch.tensor(weights), persistent=False)

    def loss(
        self, hidden: Float[Tensor, "words hidden"], sequences: SentenceBounds, targets: Int64[Tensor, " words"]
    ) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        del sequences  # each word has a separate loss
        scores = self(hidden)
        has_single_tag = targets < self.tags
        total = functional.cross_entropy(
            scores[has_single_tag],
            targets[has_single_tag],
            weight=self.class_weights,
            label_smoothing=self.settings.label_smoothing,
            reduction="sum",
        )
        weights = self._get_word_weights(targets)
        if len(self.allowed) > self.tags:
            total = total + self._partial_label_loss(
                scores[~has_single_tag], targets[~has_single_tag], weights[~has_single_tag]
            )
        return total, weights.sum()

    def _partial_label_loss(
        self, scores: Float[Tensor, "words tags"], targets: Int64[Tensor, " words"], weights: Float[Tensor, " words"]
    ) -> Float[Tensor, ""]:
        log_probabilities = scores.float().log_softmax(dim=-1)
        nll = -log_probabilities.masked_fill(~self.allowed[targets], -torch.inf).logsumexp(dim=-1)
        smoothed = nll.lerp(-log_probabilities.mean(dim=-1), self.settings.label_smoothing)
        return (weights * smoothed).sum()

    def _get_word_weights(self, targets: Int64[Tensor, " words"]) -> Float[Tensor, " words"]:
        """Return the loss weight of each word; a set of tags has the weight of its first tag."""
        if self.class_weights is None:
            return torch.ones_like(targets, dtype=torch.float32)
        return self.class_weights[self.allowed.int().argmax(dim=1)][targets]
