"""The measures of an encoder, in our own words; how Hugging Face spells them is known to :mod:`.families`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderConfig:
    """The shape of a BERT encoder (Devlin et al. 2019, section 3).

    Attributes:
        vocabulary: subwords that have an embedding.
        hidden: width of the residual stream.
        layers: how many there are.
        heads: attention heads of a layer; they share ``hidden`` evenly.
        feed_forward: width inside the feed-forward step.
        positions: rows of the position table.
        token_types: rows of the token type table; tagging reads row 0 alone.
        embedding: width of the embeddings, where it is not ``hidden``; an affine map leads from one to the other
            (ELECTRA).
        first_position: row of the first subword's position; RoBERTa leaves the rows up to its padding id unused.
        pad_id: subword id of padding.
        layer_norm_epsilon: added to the variance in every layer norm.
        dropout: probability with which a hidden unit is dropped in training.
        attention_dropout: the same for an attention weight.
        activation: name of the feed-forward step's nonlinearity, a key of ``ACTIVATIONS``.
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
        """Subwords that the encoder can read at once, special tokens included."""
        return self.positions - self.first_position

    @property
    def embedding_width(self) -> int:
        """Width of the embeddings."""
        return self.hidden if self.embedding is None else self.embedding
