"""Subword ids to hidden states: the BERT encoder.

The constructor of :class:`Encoder` shows the whole; every part gets its parts handed in. Nothing here knows where
weights come from or what the hidden states are for.

Sources: Devlin et al. 2019 (BERT), Vaswani et al. 2017 (attention, post-layer-norm), Clark et al. 2020 (the projection
of narrow embeddings in ELECTRA), Liu et al. 2019 (RoBERTa, which differs in its first position only).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn

from onoma.models.config import EncoderConfig

Activation = Callable[[], nn.Module]

ACTIVATIONS: Mapping[str, Activation] = MappingProxyType(
    {
        "gelu": nn.GELU,
        "gelu_new": lambda: nn.GELU(approximate="tanh"),
        "gelu_pytorch_tanh": lambda: nn.GELU(approximate="tanh"),
        "relu": nn.ReLU,
        "silu": nn.SiLU,
        "swish": nn.SiLU,
    }
)
"""Nonlinearities by the names that configurations use."""


class Encoder(nn.Module):
    """A BERT encoder.

    A new one has random weights, drawn as BERT's were (normal with deviation 0.02; biases 0).

    Args:
        config: its measures.

    Raises:
        KeyError: the configuration names an activation that is not in ``ACTIVATIONS``.
    """

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        width, narrow = config.hidden, config.embedding_width
        self.config = config
        self.embeddings = Embeddings(
            words=nn.Embedding(config.vocabulary, narrow),
            positions=nn.Embedding(config.positions, narrow),
            types=nn.Embedding(config.token_types, narrow),
            norm=nn.LayerNorm(narrow, eps=config.layer_norm_epsilon),
            dropout=nn.Dropout(config.dropout),
            first_position=config.first_position,
        )
        self.projection = nn.Identity() if narrow == width else nn.Linear(narrow, width)
        self.layers = nn.ModuleList(
            Layer(
                attention=SelfAttention(width, heads=config.heads, dropout=config.attention_dropout),
                attention_norm=nn.LayerNorm(width, eps=config.layer_norm_epsilon),
                feed_forward=FeedForward(width, config.feed_forward, activation=ACTIVATIONS[config.activation]()),
                feed_forward_norm=nn.LayerNorm(width, eps=config.layer_norm_epsilon),
                dropout=nn.Dropout(config.dropout),
            )
            for _ in range(config.layers)
        )
        self.apply(_draw)

    @property
    def hidden(self) -> int:
        """Width of the hidden states."""
        return self.config.hidden

    def forward(
        self, ids: Int64[Tensor, "batch subwords"], mask: Int64[Tensor, "batch subwords"]
    ) -> Float[Tensor, "batch subwords hidden"]:
        """Hidden states of every subword.

        Args:
            ids: subword ids.
            mask: 1 for subwords and 0 for padding, on whichever side.

        Returns:
            Hidden states that do not depend on padding; what stands at padding means nothing.
        """
        hidden: Tensor = self.projection(self.embeddings(ids, mask))
        padding = (mask == 0)[:, None, None, :]
        for layer in self.layers:
            hidden = layer(hidden, padding)
        return hidden


class Embeddings(nn.Module):
    """The sum of three embeddings, normed: of the subword, of its position, and of token type 0."""

    def __init__(
        self,
        *,
        words: nn.Embedding,
        positions: nn.Embedding,
        types: nn.Embedding,
        norm: nn.LayerNorm,
        dropout: nn.Dropout,
        first_position: int,
    ) -> None:
        super().__init__()
        self.words = words
        self.positions = positions
        self.types = types
        self.norm = norm
        self.dropout = dropout
        self.first_position = first_position

    def forward(
        self, ids: Int64[Tensor, "batch subwords"], mask: Int64[Tensor, "batch subwords"]
    ) -> Float[Tensor, "batch subwords narrow"]:
        # Positions count subwords, not places in the array, so that padding on the left shifts nothing.
        places = (mask.cumsum(dim=1) - 1).clamp(min=0) + self.first_position
        summed = self.words(ids) + self.positions(places) + self.types.weight[0]
        normed: Tensor = self.dropout(self.norm(summed))
        return normed


class Layer(nn.Module):
    """Attention, then the feed-forward step, each added to the residual stream and normed after."""

    def __init__(
        self,
        *,
        attention: SelfAttention,
        attention_norm: nn.LayerNorm,
        feed_forward: FeedForward,
        feed_forward_norm: nn.LayerNorm,
        dropout: nn.Dropout,
    ) -> None:
        super().__init__()
        self.attention = attention
        self.attention_norm = attention_norm
        self.feed_forward = feed_forward
        self.feed_forward_norm = feed_forward_norm
        self.dropout = dropout

    def forward(
        self, hidden: Float[Tensor, "batch subwords hidden"], padding: Bool[Tensor, "batch 1 1 subwords"]
    ) -> Float[Tensor, "batch subwords hidden"]:
        attended = self.attention_norm(hidden + self.dropout(self.attention(hidden, padding)))
        fed: Tensor = self.feed_forward_norm(attended + self.dropout(self.feed_forward(attended)))
        return fed


class SelfAttention(nn.Module):
    """Scaled dot-product attention in several heads (Vaswani et al. 2017, equation 1).

    Plain matrix products: on a CPU the backward pass of torch's fused attention is slower on short sequences.
    """

    def __init__(self, width: int, *, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.part = width // heads
        self.scale = self.part**-0.5
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.output = nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, hidden: Float[Tensor, "batch subwords hidden"], padding: Bool[Tensor, "batch 1 1 subwords"]
    ) -> Float[Tensor, "batch subwords hidden"]:
        query, key, value = (self._split(part(hidden)) for part in (self.query, self.key, self.value))
        scores = (query * self.scale) @ key.transpose(-2, -1)
        # The lowest number and not minus infinity, so that a row of nothing but padding does not turn into NaN.
        weights = scores.masked_fill(padding, torch.finfo(scores.dtype).min).softmax(dim=-1)
        mixed: Tensor = self.output(self._join(self.dropout(weights) @ value))
        return mixed

    def _split(self, hidden: Float[Tensor, "batch subwords hidden"]) -> Float[Tensor, "batch heads subwords part"]:
        return hidden.view(*hidden.shape[:2], self.heads, self.part).transpose(1, 2)

    def _join(self, parts: Float[Tensor, "batch heads subwords part"]) -> Float[Tensor, "batch subwords hidden"]:
        return parts.transpose(1, 2).flatten(start_dim=2)


class FeedForward(nn.Module):
    """Wide and back, with a nonlinearity between, at every subword alone (Vaswani et al. 2017, equation 2)."""

    def __init__(self, width: int, inner: int, *, activation: nn.Module) -> None:
        super().__init__()
        self.inner = nn.Linear(width, inner)
        self.activation = activation
        self.outer = nn.Linear(inner, width)

    def forward(self, hidden: Float[Tensor, "batch subwords hidden"]) -> Float[Tensor, "batch subwords hidden"]:
        widened = self.activation(self.inner(hidden))
        narrowed: Tensor = self.outer(widened)
        return narrowed


def _draw(module: nn.Module) -> None:
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=0.02)
    if isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)
