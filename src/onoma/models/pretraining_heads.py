"""The pre-training heads of BERT: one predicts masked subwords, the other classifies pairs of segments.

Sources: Devlin et al. 2019, section 3.1 and the published code (transform with GELU and norm, output embeddings tied to
those of the input); Press and Wolf 2017 (tied embeddings).
"""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

from onoma.models.config import EncoderConfig
from onoma.models.cpu_training import row_multiple
from onoma.models.encoder import ACTIVATIONS

IGNORED = -1
"""Target of a sequence that has no pair to classify."""


class MaskedHead(nn.Module):
    """A head that predicts masked subwords, with output embeddings tied to the encoder's input embeddings.

    Args:
        config: configuration of the encoder.
    """

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.transform = nn.Linear(config.hidden, config.embedding_width)
        self.activation = ACTIVATIONS[config.activation]()
        self.norm = nn.LayerNorm(config.embedding_width, eps=config.layer_norm_epsilon)
        self.bias = nn.Parameter(torch.zeros(config.vocabulary))
        nn.init.normal_(self.transform.weight, std=0.02)
        nn.init.zeros_(self.transform.bias)

    def forward(
        self, hidden: Float[Tensor, "*axes hidden"], words: Float[Tensor, "vocabulary narrow"]
    ) -> Float[Tensor, "*axes vocabulary"]:
        """Return the logits of all subwords.

        Args:
            hidden: the encoder's hidden states.
            words: embeddings of all subwords.
        """
        return functional.linear(self._apply_transform(hidden), words, self.bias)

    def loss(
        self,
        hidden: Float[Tensor, "masked hidden"],
        words: Float[Tensor, "vocabulary narrow"],
        targets: Int64[Tensor, " masked"],
    ) -> tuple[Float[Tensor, ""], Int64[Tensor, ""]]:
        """Return the sum of the cross-entropies of masked subwords, and the number of correct predictions."""
        total, correct = _TiedCrossEntropy.apply(  # type: ignore[no-untyped-call]
            self._apply_transform(hidden), words, self.bias, targets
        )
        return total, correct

    def _apply_transform(self, hidden: Tensor) -> Tensor:
        transformed: Tensor = self.norm(self.activation(self.transform(hidden)))
        return transformed


class PairHead(nn.Module):
    """A head that predicts whether the second segment of a pair follows the first.

    It maps the pooled hidden state of ``[CLS]`` to two logits. As in BERT, class 0 is "is next" and class 1 "is not".

    Args:
        hidden: width of the hidden states.
    """

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.pooler = nn.Linear(hidden, hidden)
        self.affine = nn.Linear(hidden, 2)
        for part in (self.pooler, self.affine):
            nn.init.normal_(part.weight, std=0.02)
            nn.init.zeros_(part.bias)

    def forward(self, first: Float[Tensor, "pairs hidden"]) -> Float[Tensor, "pairs 2"]:
        """Return the logits of pairs, given the hidden states of ``[CLS]``."""
        scores: Tensor = self.affine(torch.tanh(self.pooler(first)))
        return scores

    def loss(
        self, first: Float[Tensor, "pairs hidden"], targets: Int64[Tensor, " pairs"]
    ) -> tuple[Float[Tensor, ""], Int64[Tensor, ""]]:
        """Return the sum of the cross-entropies of the pairs with a target, and the number of correct predictions."""
        scores = self(first).float()
        total = functional.cross_entropy(scores, targets, ignore_index=IGNORED, reduction="sum")
        return total, (scores.argmax(dim=-1) == targets).sum()


class _TiedCrossEntropy(torch.autograd.Function):
    """The summed cross-entropy of ``softmax(hidden @ words.T + bias)``; matrix products use autocast's dtype.

    The logits of a batch are the largest array of a step. They are computed once, saved for the backward pass in one
    dtype, and overwritten by their gradient in place. The number of rows is padded as in
    :mod:`onoma.models.cpu_training`.
    """

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, words: Tensor, bias: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        device_type = hidden.device.type
        dtype = torch.get_autocast_dtype(device_type) if torch.is_autocast_enabled(device_type) else torch.float32
        with torch.autocast(device_type, enabled=False):
            row_padding = -len(hidden) % row_multiple(dtype) if device_type == "cpu" else 0
            padded_hidden = functional.pad(hidden.to(dtype), (0, 0, 0, row_padding))
            weight = words.to(dtype)
            scores = torch.addmm(bias.to(dtype), padded_hidden, weight.t()).float()
            unpadded_scores = scores[: len(targets)]
            target_scores = unpadded_scores.gather(1, targets[:, None])[:, 0]
            correct = (unpadded_scores.argmax(dim=1) == targets).sum()
            total = (unpadded_scores.logsumexp(dim=1) - target_scores).sum()
        ctx.save_for_backward(padded_hidden, weight, scores, targets)
        ctx.mark_non_differentiable(correct)
        return total, correct

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
        padded_hidden, weight, scores, targets = ctx.saved_tensors
        needs_hidden_grad, needs_words_grad, needs_bias_grad, _ = ctx.needs_input_grad
        grad_scores = torch.softmax(scores, dim=1, out=scores)
        grad_scores[torch.arange(len(targets), device=targets.device), targets] -= 1
        grad_scores[len(targets) :].zero_()
        grad_scores *= gradient
        cast_grad_scores = grad_scores.to(padded_hidden.dtype)
        return (
            torch.mm(cast_grad_scores, weight)[: len(targets)].float() if needs_hidden_grad else None,
            torch.mm(cast_grad_scores.t(), padded_hidden).float() if needs_words_grad else None,
            grad_scores.sum(0) if needs_bias_grad else None,
            None,
        )
