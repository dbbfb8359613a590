"""Packed sequences: the sequences of a batch one after the other, without padding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Packing:
    """The assignment of the rows of a packed batch to sequences.

    Attributes:
        sequences: index of the sequence of each row, in ascending order.
        lengths: number of rows of each sequence.
        longest: number of rows of the longest sequence.
    """

    sequences: Int64[Tensor, " rows"]
    lengths: Int64[Tensor, " sequences"]
    longest: int

    @classmethod
    def of(cls, lengths: Int64[Tensor, " sequences"]) -> Packing:
        """Return the packing of whole sequences of these lengths."""
        sequences = torch.arange(len(lengths), device=lengths.device).repeat_interleave(lengths)
        return cls(sequences, lengths, int(lengths.max()))

    @property
    def starts(self) -> Int64[Tensor, " sequences"]:
        """First row of each sequence."""
        return self.lengths.cumsum(0) - self.lengths

    @property
    def positions(self) -> Int64[Tensor, " rows"]:
        """Position of each row in its sequence, from 0."""
        return torch.arange(len(self.sequences), device=self.lengths.device) - self.starts[self.sequences]


def run_padded(
    encoder: Callable[..., Tensor],
    ids: Int64[Tensor, " subwords"],
    lengths: Int64[Tensor, " sequences"],
    *,
    at: Int64[Tensor, " selected"] | None = None,
    types: Int64[Tensor, " subwords"] | None = None,
    filler: int = 0,
) -> Float[Tensor, "rows hidden"]:
    """Return the hidden states of packed sequences from an encoder that takes padded ones.

    Args:
        encoder: function from padded ids, mask and, if given, types to hidden states, such as
            :meth:`onoma.models.Encoder.forward`.
        ids: subword ids of all sequences.
        lengths: number of subwords of each sequence, at least one.
        at: indices of the subwords whose hidden states are returned; None for all.
        types: token types of all sequences; None to pass none to the encoder.
        filler: subword id of padding.
    """
    packing = Packing.of(lengths)
    places = packing.sequences * packing.longest + packing.positions

    def pad(rows: Tensor, value: int) -> Tensor:
        padded = rows.new_full((len(lengths) * packing.longest,), value).index_copy(0, places, rows)
        return padded.view(len(lengths), packing.longest)

    optional = () if types is None else (pad(types, 0),)
    hidden = encoder(pad(ids, filler), pad(torch.ones_like(ids), 0), *optional)
    # unlike that of an index in brackets, the backward pass of `index_select` does not sort
    return hidden.flatten(end_dim=1).index_select(0, places if at is None else places[at])
