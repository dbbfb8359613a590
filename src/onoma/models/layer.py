"""One layer of an encoder: attention, then a feed-forward step.

Sources: Vaswani et al. 2017 (attention, post-layer-norm), Devlin et al. 2019 (BERT).
"""

from __future__ import annotations

from jaxtyping import Float, Int64
from torch import Tensor, nn

from onoma.models.attention import Attention
from onoma.models.dropout import Dropout


class Layer(nn.Module):
    """Attention, then the feed-forward step, each added to the residual stream and normed after."""

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
        self,
        hidden: Float[Tensor, "*axes hidden"],
        attention: Attention,
        at: Int64[Tensor, " asked"] | None = None,
    ) -> Float[Tensor, "*rows hidden"]:
        """One layer's hidden states to the next one's, of all subwords or of some; see :meth:`Encoder.packed`."""
        asking = hidden if at is None else hidden[at]
        attended = self.attention_norm(asking + self.dropout(self.attention(asking, hidden, attention)))
        fed: Tensor = self.feed_forward_norm(attended + self.dropout(self.feed_forward(attended)))
        return fed


class SelfAttention(nn.Module):
    """The affine maps around attention."""

    def __init__(self, width: int, *, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.output = nn.Linear(width, width)
        self.dropout = Dropout(dropout)

    def forward(
        self, asking: Float[Tensor, "*rows hidden"], hidden: Float[Tensor, "*axes hidden"], attention: Attention
    ) -> Float[Tensor, "*rows hidden"]:
        mixed: Tensor = self.output(
            attention(self.query(asking), self.key(hidden), self.value(hidden), heads=self.heads, dropout=self.dropout)
        )
        return mixed


class FeedForward(nn.Module):
    """Wide and back, with a nonlinearity between, at every subword alone (Vaswani et al. 2017, equation 2)."""

    def __init__(self, width: int, inner: int, *, activation: nn.Module) -> None:
        super().__init__()
        self.inner = nn.Linear(width, inner)
        self.activation = activation
        self.outer = nn.Linear(inner, width)

    def forward(self, hidden: Float[Tensor, "*axes hidden"]) -> Float[Tensor, "*axes hidden"]:
        widened = self.activation(self.inner(hidden))
        narrowed: Tensor = self.outer(widened)
        return narrowed
