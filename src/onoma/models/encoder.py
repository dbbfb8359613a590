"""The BERT encoder, from subword ids to hidden states.

The constructor of :class:`Encoder` builds the whole network; every module gets its submodules as arguments. Nothing
here depends on where weights come from or what the hidden states are used for.

Sources: Devlin et al. 2019 (BERT), Vaswani et al. 2017 (attention, post-layer-norm), Clark et al. 2020 (the projection
of narrow embeddings in ELECTRA), Liu et al. 2019 (RoBERTa, which differs only in its first position).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from onoma.models.attention import make_attention
from onoma.models.config import EncoderConfig
from onoma.models.cpu_training import can_run_layers, row_multiple, run_layers
from onoma.models.dropout import Dropout
from onoma.models.layer import FeedForward, Layer, SelfAttention
from onoma.models.packing import run_padded
from onoma.models.row_layout import BufferPool, RowLayout

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
"""Activation functions by the names that configurations use."""


class EncoderOutput(NamedTuple):
    """Last hidden states of packed subwords, and query, key and value of one layer, each ``[subwords, hidden]``."""

    hidden: Tensor
    query: Tensor
    key: Tensor
    value: Tensor


class Encoder(nn.Module):
    """A BERT encoder.

    A new encoder has random weights, initialised like BERT's (normal with standard deviation 0.02; biases 0).

    Args:
        config: configuration of the encoder.

    Attributes:
        recompute: whether to recompute the activations inside each layer in the backward pass instead of keeping them
            (Chen et al. 2016); this takes a third more time and a fraction of the memory.

    Raises:
        KeyError: the configuration names an activation that is not in ``ACTIVATIONS``.
    """

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        width, embedding_width = config.hidden, config.embedding_width
        self.config = config
        self.recompute = False
        self._idle_buffers: list[BufferPool] = []
        self.embeddings = Embeddings(
            words=nn.Embedding(config.vocabulary, embedding_width),
            positions=nn.Embedding(config.positions, embedding_width),
            types=nn.Embedding(config.token_types, embedding_width),
            norm=nn.LayerNorm(embedding_width, eps=config.layer_norm_epsilon),
            dropout=Dropout(config.dropout),
            first_position=config.first_position,
        )
        self.projection = nn.Identity() if embedding_width == width else nn.Linear(embedding_width, width)
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
        self.apply(_init_weights)

    @property
    def hidden(self) -> int:
        """Width of the hidden states."""
        return self.config.hidden

    @property
    def words(self) -> nn.Embedding:
        """Embedding table of the subwords."""
        return self.embeddings.words

    def train(self, mode: bool = True) -> Encoder:
        """Set training or evaluation mode; evaluation mode also frees the buffers that training steps share."""
        if not mode:
            self._idle_buffers.clear()
        super().train(mode)
        return self

    def forward(
        self,
        ids: Int64[Tensor, "batch subwords"],
        mask: Int64[Tensor, "batch subwords"],
        types: Int64[Tensor, "batch subwords"] | None = None,
    ) -> Float[Tensor, "batch subwords hidden"]:
        """Return the hidden states of every subword.

        Args:
            ids: subword ids.
            mask: 1 for subwords and 0 for padding, which may be on either side.
            types: token types; 0 for all by default.

        Returns:
            Hidden states that do not depend on padding; those at padding have no meaning.
        """
        hidden = self._embed(ids, mask, types)
        attention = make_attention(mask)
        for layer in self.layers:
            hidden = self._run_layer(layer, hidden, attention)
        return hidden

    def packed(
        self,
        ids: Int64[Tensor, " subwords"],
        lengths: Int64[Tensor, " sequences"],
        *,
        at: Int64[Tensor, " selected"] | None = None,
        types: Int64[Tensor, " subwords"] | None = None,
    ) -> Float[Tensor, "rows hidden"]:
        """Return the hidden states of packed sequences; they are the same as those of :meth:`forward`.

        Args:
            ids: subword ids of all sequences, one sequence after the other, without padding.
            lengths: number of subwords of each sequence, at least one.
            at: indices of the subwords whose hidden states are returned, in ascending order; the last layer can then
                skip the others. None for all.
            types: token types of all sequences; 0 for all by default.

        Returns:
            Hidden states of all subwords, or of those in ``at``.
        """
        if ids.device.type == "cpu" and can_run_layers(self.layers):
            return self._packed_on_cpu(ids, lengths, at=at, types=types)
        return run_padded(self, ids, lengths, at=at, types=types)

    def packed_with_projections(
        self, ids: Int64[Tensor, " subwords"], lengths: Int64[Tensor, " sequences"], *, layer: int
    ) -> EncoderOutput:
        """Return the hidden states of :meth:`packed` together with the query, key and value of one layer.

        Args:
            ids: subword ids of all sequences; all have token type 0.
            lengths: number of subwords of each sequence, at least one.
            layer: index of the layer whose query, key and value are returned, from 0.
        """
        if ids.device.type == "cpu" and can_run_layers(self.layers):
            return self._projected_on_cpu(ids, lengths, layer=layer)
        outputs = run_padded(partial(self._forward_with_projections, layer=layer), ids, lengths)
        return EncoderOutput(*torch.split(outputs, self.hidden, dim=-1))

    def _forward_with_projections(
        self, ids: Tensor, mask: Tensor, *, layer: int
    ) -> Float[Tensor, "batch subwords outputs"]:
        """Return hidden states, query, key and value, one after the other, for padded sequences."""
        hidden = self._embed(ids, mask)
        attention = make_attention(mask)
        for each in self.layers[:layer]:
            hidden = self._run_layer(each, hidden, attention)
        projections = self._project_qkv(hidden, layer=layer)
        for each in self.layers[layer:]:
            hidden = self._run_layer(each, hidden, attention)
        return torch.cat([hidden, *projections], dim=-1)

    def _projected_on_cpu(self, ids: Tensor, lengths: Tensor, *, layer: int) -> EncoderOutput:
        dtype = _matmul_dtype()
        rows = RowLayout(lengths, multiple=row_multiple(dtype))
        with torch.autocast("cpu", enabled=False):
            layer_input: Tensor = self.projection(self.embeddings(ids[rows.subwords], rows.positions))
            if layer:
                layer_input = self._run_layers_on_cpu(
                    self.layers[:layer], layer_input, rows, torch.arange(len(rows)), dtype=dtype
                )
            hidden = self._run_layers_on_cpu(self.layers[layer:], layer_input, rows, rows.row_of, dtype=dtype)
        return EncoderOutput(hidden, *(each[rows.row_of] for each in self._project_qkv(layer_input, layer=layer)))

    def _project_qkv(self, hidden: Tensor, *, layer: int) -> tuple[Tensor, Tensor, Tensor]:
        attention = self.layers[layer].attention
        assert isinstance(attention, SelfAttention)
        return attention.query(hidden), attention.key(hidden), attention.value(hidden)

    def _packed_on_cpu(
        self, ids: Tensor, lengths: Tensor, *, at: Tensor | None = None, types: Tensor | None = None
    ) -> Float[Tensor, "rows hidden"]:
        dtype = _matmul_dtype()
        rows = RowLayout(lengths, multiple=row_multiple(dtype))
        with torch.autocast("cpu", enabled=False):
            types = None if types is None else types[rows.subwords]
            embedded = self.projection(self.embeddings(ids[rows.subwords], rows.positions, types))
            row_indices = rows.row_of if at is None else rows.row_of[at]
            return self._run_layers_on_cpu(self.layers, embedded, rows, row_indices, dtype=dtype)

    def _run_layers_on_cpu(
        self, layers: Iterable[nn.Module], hidden: Tensor, rows: RowLayout, row_indices: Tensor, *, dtype: torch.dtype
    ) -> Tensor:
        return run_layers(
            hidden, rows, row_indices, layers=layers, dtype=dtype, idle=self._idle_buffers, recompute=self.recompute
        )

    def _embed(self, ids: Tensor, mask: Tensor, types: Tensor | None = None) -> Float[Tensor, "batch subwords hidden"]:
        # Positions count subwords, not columns of the array, so that padding on the left does not shift them.
        embedded: Tensor = self.projection(self.embeddings(ids, (mask.cumsum(dim=1) - 1).clamp(min=0), types))
        return embedded

    def _run_layer(self, layer: nn.Module, *arguments: object) -> Tensor:
        if self.recompute and torch.is_grad_enabled():
            recomputed: Tensor = checkpoint(layer, *arguments, use_reentrant=False)
            return recomputed
        hidden: Tensor = layer(*arguments)
        return hidden


class Embeddings(nn.Module):
    """The layer-normalised sum of the embeddings of a subword, of its position and of its token type."""

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

    def forward(
        self,
        ids: Int64[Tensor, " *axes"],
        positions: Int64[Tensor, " *axes"],
        types: Int64[Tensor, " *axes"] | None = None,
    ) -> Float[Tensor, "*axes narrow"]:
        """Return the embeddings of subwords.

        Args:
            ids: subword ids.
            positions: position of each subword in its sequence, from 0.
            types: token types; 0 for all by default.
        """
        type_embeddings = self.types.weight[0] if types is None else self.types(types)
        summed = self.words(ids) + self.positions(positions + self.first_position) + type_embeddings
        normed: Tensor = self.dropout(self.norm(summed))
        return normed


def _matmul_dtype() -> torch.dtype:
    return torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else torch.float32


def _init_weights(module: nn.Module) -> None:
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=0.02)
    if isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)
