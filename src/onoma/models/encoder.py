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
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from onoma.models.attention import Attention, PaddedAttention, packed_attention
from onoma.models.config import EncoderConfig
from onoma.models.dropout import Dropout
from onoma.models.packing import Packing

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

    Attributes:
        recompute: compute the inside of each layer again in the backward pass of :meth:`packed` instead of keeping it
            (Chen et al. 2016): a third more time, and a fraction of the memory.

    Raises:
        KeyError: the configuration names an activation that is not in ``ACTIVATIONS``.
    """

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        width, narrow = config.hidden, config.embedding_width
        self.config = config
        self.recompute = False
        self.embeddings = Embeddings(
            words=nn.Embedding(config.vocabulary, narrow),
            positions=nn.Embedding(config.positions, narrow),
            types=nn.Embedding(config.token_types, narrow),
            norm=nn.LayerNorm(narrow, eps=config.layer_norm_epsilon),
            dropout=Dropout(config.dropout),
            first_position=config.first_position,
        )
        self.projection = nn.Identity() if narrow == width else nn.Linear(narrow, width)
        self.layers = nn.ModuleList(
            Layer(
                attention=SelfAttention(width, heads=config.heads, dropout=config.attention_dropout),
                attention_norm=nn.LayerNorm(width, eps=config.layer_norm_epsilon),
                feed_forward=FeedForward(width, config.feed_forward, activation=ACTIVATIONS[config.activation]()),
                feed_forward_norm=nn.LayerNorm(width, eps=config.layer_norm_epsilon),
                dropout=Dropout(config.dropout),
            )
            for _ in range(config.layers)
        )
        self.apply(_draw)

    @property
    def hidden(self) -> int:
        """Width of the hidden states."""
        return self.config.hidden

    @property
    def words(self) -> nn.Embedding:
        """The embeddings of subwords."""
        return self.embeddings.words

    def forward(
        self, ids: Int64[Tensor, "batch subwords"], mask: Int64[Tensor, "batch subwords"]
    ) -> Float[Tensor, "batch subwords hidden"]:
        """Hidden states of every subword.

        Args:
            ids: subword ids.
            mask: 1 for subwords and 0 for padding, on whichever side.

        Returns:
            Hidden states that do not depend on padding; those at padding have no meaning.
        """
        # Positions count subwords, not places in the array, so that padding on the left shifts nothing.
        hidden: Tensor = self.projection(self.embeddings(ids, (mask.cumsum(dim=1) - 1).clamp(min=0)))
        attention = PaddedAttention(mask)
        for layer in self.layers:
            hidden = layer(hidden, attention)
        return hidden

    def packed(
        self,
        ids: Int64[Tensor, " subwords"],
        lengths: Int64[Tensor, " sequences"],
        *,
        at: Int64[Tensor, " asked"] | None = None,
    ) -> Float[Tensor, "rows hidden"]:
        """The same hidden states, of sequences one after the other, without padding.

        Args:
            ids: subword ids of all sequences.
            lengths: subwords of each sequence, at least one.
            at: the subwords whose hidden states are wanted, in order; the last layer then computes nothing else.

        Returns:
            Hidden states of all subwords, or of those wanted.
        """
        packing = Packing.of(lengths)
        hidden: Tensor = self.projection(self.embeddings(ids, packing.places))
        attention = packed_attention(packing, packing, heads=self.config.heads)
        *lower, last = self.layers
        for layer in lower:
            hidden = self._run(layer, hidden, attention)
        if at is None:
            return self._run(last, hidden, attention)
        return self._run(last, hidden, packed_attention(packing.at(at), packing, heads=self.config.heads), at)

    def _run(self, layer: nn.Module, *arguments: object) -> Tensor:
        if self.recompute and torch.is_grad_enabled():
            recomputed: Tensor = checkpoint(layer, *arguments, use_reentrant=False)
            return recomputed
        hidden: Tensor = layer(*arguments)
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
        dropout: Dropout,
        first_position: int,
    ) -> None:
        super().__init__()
        self.words = words
        self.positions = positions
        self.types = types
        self.norm = norm
        self.dropout = dropout
        self.first_position = first_position

    def forward(self, ids: Int64[Tensor, " *axes"], places: Int64[Tensor, " *axes"]) -> Float[Tensor, "*axes narrow"]:
        """The embeddings of subwords at places in their sequences, counted from 0."""
        summed = self.words(ids) + self.positions(places + self.first_position) + self.types.weight[0]
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


def _draw(module: nn.Module) -> None:
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=0.02)
    if isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)
