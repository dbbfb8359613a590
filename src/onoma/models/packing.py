"""Sequences one after the other, without padding, and the padded view of them that batched products need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Packing:
    """Where the rows of a packed batch belong. A sequence may have no row at all.

    Attributes:
        sequences: the sequence of each row, in order.
        lengths: rows of each sequence.
        longest: rows of the longest sequence.
    """

    sequences: Int64[Tensor, " rows"]
    lengths: Int64[Tensor, " sequences"]
    longest: int

    @classmethod
    def of(cls, lengths: Int64[Tensor, " sequences"]) -> Packing:
        """The packing of whole sequences."""
        sequences = torch.arange(len(lengths), device=lengths.device).repeat_interleave(lengths)
        return cls(sequences, lengths, int(lengths.max()))

    def at(self, rows: Int64[Tensor, " chosen"]) -> Packing:
        """The packing of some rows alone, which are named in order."""
        sequences = self.sequences[rows]
        lengths = sequences.bincount(minlength=len(self.lengths))
        return Packing(sequences, lengths, int(lengths.max()))

    @property
    def starts(self) -> Int64[Tensor, " sequences"]:
        """The first row of each sequence."""
        return self.lengths.cumsum(0) - self.lengths

    @property
    def places(self) -> Int64[Tensor, " rows"]:
        """The place of each row in its sequence, from 0."""
        return torch.arange(len(self.sequences), device=self.lengths.device) - self.starts[self.sequences]


class PaddedView:
    """Rows in several parts (the heads of attention) <-> a padded array ``[sequences * parts, longest, width]``.

    Either way is one copy with an index, also for the gradient.

    Args:
        packing: where the rows belong.
        parts: into how many parts each row is cut.
    """

    def __init__(self, packing: Packing, *, parts: int) -> None:
        device, longest = packing.lengths.device, packing.longest
        part = torch.arange(parts, device=device)
        place = torch.arange(longest, device=device)
        inside = place < packing.lengths[:, None]
        rows = torch.where(inside, packing.starts[:, None] + place, 0)
        self.parts = parts
        self.shape = (len(packing.lengths) * parts, longest)
        self.inside: Bool[Tensor, "sequences longest"] | None = None if bool(inside.all()) else inside
        self._there = (rows[:, None, :] * parts + part[:, None]).flatten()
        self._back = ((packing.sequences[:, None] * parts + part) * longest + packing.places[:, None]).flatten()
        self._real = None if self.inside is None else inside[:, None].expand(-1, parts, -1).reshape(*self.shape, 1)

    def pad(self, rows: Float[Tensor, "rows width"]) -> Float[Tensor, "padded longest part"]:
        """Rows to the padded array; padding contains arbitrary rows."""
        cut: Tensor = _Pad.apply(  # type: ignore[no-untyped-call]
            rows.reshape(len(rows) * self.parts, -1), self._there, self._back
        )
        return cut.view(*self.shape, -1)

    def pack(self, padded: Float[Tensor, "padded longest part"]) -> Float[Tensor, "rows width"]:
        """The padded array to rows, without the padding."""
        flat: Tensor = _Pack.apply(  # type: ignore[no-untyped-call]
            padded, self._there, self._back, self._real
        )
        return flat.view(len(self._back) // self.parts, -1)


class _Pad(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Tensor, there: Tensor, back: Tensor) -> Tensor:
        ctx.save_for_backward(back)
        return rows.index_select(0, there)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        (back,) = ctx.saved_tensors
        return gradient.index_select(0, back), None, None


class _Pack(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, padded: Tensor, there: Tensor, back: Tensor, real: Tensor | None) -> Tensor:
        ctx.save_for_backward(there, real)
        ctx.shape = padded.shape
        return padded.flatten(0, 1).index_select(0, back)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None]:
        there, real = ctx.saved_tensors
        padded = gradient.index_select(0, there).view(ctx.shape)
        return padded if real is None else padded.mul_(real), None, None, None
