"""The configuration of an encoder, in our own field names; :mod:`.families` translates those of Hugging Face."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderShape:
    """Size of an encoder of any family.

    Attributes:
        hidden: width of the hidden states.
        layers: number of layers.
    """

    hidden: int
    layers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderConfig:
    """Dimensions and other hyperparameters of a BERT encoder (Devlin et al. 2019, section 3).

    Attributes:
        vocabulary: number of subwords that have an embedding.
        hidden: width of the hidden states.
        layers: number of layers.
        heads: number of attention heads per layer; they split ``hidden`` evenly.
        feed_forward: inner width of the feed-forward network.
        positions: number of rows of the position embedding table.
        token_types: number of rows of the token type embedding table; tagging uses only row 0.
        embedding: width of the embeddings if it differs from ``hidden``; an affine map then projects them to
            ``hidden`` (ELECTRA). None for ``hidden``.
        first_position: row of the position table for the first subword; RoBERTa leaves the rows up to its padding id
            unused.
        pad_id: subword id of padding.
        layer_norm_epsilon: number added to the variance in every layer norm.
        dropout: dropout probability of hidden units in training.
        attention_dropout: dropout probability of attention weights in training.
        activation: name of the activation function of the feed-forward network, a key of ``ACTIVATIONS``.
    """

    vocabulary: int
    hidden: int
    layers: int
    heads: int
    feed_forward: int
    positions: int = 512
    token_types: int = 2
    embedding: int | None = None
    first_position: int = 0
    pad_id: int = 0
    layer_norm_epsilon: float = 1e-12
    dropout: float = 0.1
    attention_dropout: float = 0.1
    activation: str = "gelu"

    def __post_init__(self) -> None:
        if self.hidden % self.heads:
            raise ValueError(f"{self.heads} heads cannot share a width of {self.hidden} evenly")

    @property
    def longest(self) -> int:
        """Maximum number of subwords in a sequence, special tokens included."""
        return self.positions - self.first_position

    @property
    def embedding_width(self) -> int:
        """Width of the embeddings."""
        return self.hidden if self.embedding is None else self.embedding
