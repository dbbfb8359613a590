"""Memory layout of a batch of sequences for training on a CPU: rows of a matrix, and reusable buffers."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor
from torch.nn import functional


class RowLayout:
    """The layout of sequences as rows of a matrix: first subwords of all sequences, then second ones, and so on.

    With this order, the rows of one sequence and attention head are a view with fixed strides. Short sequences are
    padded to the longest, and the matrix to a multiple of some number of rows. Padding rows hold an arbitrary subword
    of the batch; their output is never used, so their gradient is zero.

    Args:
        lengths: number of subwords of each sequence, at least one.
        multiple: number that the row count is a multiple of.

    Attributes:
        longest: number of subwords of the longest sequence.
        subwords: index of the subword in each row, ``[rows]``.
        positions: position of this subword in its sequence, from 0, ``[rows]``.
        row_of: row of each subword of the batch, ``[subwords]``.
        inside: whether each sequence has a subword at each position, ``[sequences, longest]``; None if all sequences
            have the same length.
    """

    def __init__(self, lengths: Int64[Tensor, " sequences"], *, multiple: int) -> None:
        self._batch_size, self.longest = len(lengths), int(lengths.max())
        row_padding = (0, -self._batch_size * self.longest % multiple)
        starts = lengths.cumsum(0) - lengths
        position = torch.arange(self.longest)[:, None]
        inside = position < lengths
        self.subwords = functional.pad(torch.where(inside, starts + position, 0).flatten(), row_padding)
        self.positions = functional.pad(position.expand_as(inside).flatten(), row_padding)
        sequence_ids = torch.arange(self._batch_size).repeat_interleave(lengths)
        self.row_of = (torch.arange(len(sequence_ids)) - starts[sequence_ids]) * self._batch_size + sequence_ids
        self.inside: Bool[Tensor, "sequences longest"] | None = None if bool(inside.all()) else inside.t()

    def __len__(self) -> int:
        return len(self.positions)

    def by_head(self, rows: Float[Tensor, "rows hidden"], heads: int) -> Float[Tensor, "sequences_heads longest part"]:
        """Return a view of the rows by sequence and head, without the padding rows at the end of the matrix."""
        return rows[: self.longest * self._batch_size].view(self.longest, self._batch_size * heads, -1).transpose(0, 1)

    def split_heads(
        self, rows: Float[Tensor, "rows parts_hidden"], parts: int, heads: int
    ) -> Float[Tensor, "parts sequences heads longest part"]:
        """Return a view by part of rows that hold several hidden states side by side, such as query, key and value."""
        inner = rows[: self.longest * self._batch_size].view(self.longest, self._batch_size, parts, heads, -1)
        return inner.permute(2, 1, 3, 0, 4)

    def zero_padding(self, rows: Float[Tensor, "rows hidden"]) -> None:
        """Set the padding rows at the end of the matrix, which belong to no sequence, to zero."""
        rows[self.longest * self._batch_size :].zero_()


class BufferPool:
    """Named arrays that are reused in every step; each grows to the largest size that was requested.

    The first use of newly allocated memory costs more than the arithmetic that is done in it.
    """

    def __init__(self) -> None:
        self._arrays: dict[str, Tensor] = {}

    def take(self, name: str, *shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
        """Return an uninitialised array; it may share the memory of the array last taken under this name."""
        size = torch.Size(shape).numel()
        flat = self._arrays.get(name)
        if flat is None or flat.dtype != dtype or len(flat) < size:
            flat = self._arrays[name] = torch.empty(size, dtype=dtype)
        return flat[:size].view(shape)
