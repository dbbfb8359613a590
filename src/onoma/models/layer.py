"""One layer of an encoder: self-attention, then a feed-forward network.

Sources: Vaswani et al. 2017 (attention, post-layer-norm), Devlin et al. 2019 (BERT).
"""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn

from onoma.models.attention import Attention
from onoma.models.dropout import Dropout


class Layer(nn.Module):
    """An encoder layer: self-attention and a feed-forward network, each followed by a residual sum and a layer norm."""

    def __init__(
        self,
        *,
        attention: SelfAttention,
        attention_norm: nn.LayerNorm,
        feed_forward: FeedForward,
        feed_forward_norm: nn.LayerNorm,
        dropout: Dropout,
    ) -> None:
        super().__init__()
        self.attention = attention
        self.attention_norm = attention_norm
        self.feed_forward = feed_forward
        self.feed_forward_norm = feed_forward_norm
        self.dropout = dropout

    def forward(
        self, hidden: Float[Tensor, "batch subwords hidden"], attention: Attention
    ) -> Float[Tensor, "batch subwords hidden"]:
        attended = self.attention_norm(hidden + self.dropout(self.attention(hidden, attention)))
        output: Tensor = self.feed_forward_norm(attended + self.dropout(self.feed_forward(attended)))
        return output


class SelfAttention(nn.Module):
    """Self-attention: the affine maps of query, key, value and output around an attention function."""

    def __init__(self, width: int, *, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.output = nn.Linear(width, width)
        self.dropout = Dropout(dropout)

    def forward(
        self, hidden: Float[Tensor, "batch subwords hidden"], attention: Attention
    ) -> Float[Tensor, "batch subwords hidden"]:
        output: Tensor = self.output(
            attention(self.query(hidden), self.key(hidden), self.value(hidden), heads=self.heads, dropout=self.dropout)
        )
        return output


class FeedForward(nn.Module):
    """Two affine maps with an activation between them, applied to each subword (Vaswani et al. 2017, equation 2)."""

    def __init__(self, width: int, inner: int, *, activation: nn.Module) -> None:
        super().__init__()
        self.inner = nn.Linear(width, inner)
        self.activation = activation
        self.outer = nn.Linear(inner, width)

    def forward(self, hidden: Float[Tensor, "*axes hidden"]) -> Float[Tensor, "*axes hidden"]:
        activated = self.activation(self.inner(hidden))
        output: Tensor = self.outer(activated)
        return output
