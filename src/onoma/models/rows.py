"""Where a batch of sequences is in memory while a CPU trains on it: rows of a matrix, and arrays that are kept."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor
from torch.nn import functional


class Rows:
    """Sequences as rows of a matrix: all first subwords, all second ones, and so on.

    Then the rows of one sequence and attention head are a view with fixed strides. Short sequences are filled up to the
    longest, and the matrix to a multiple of some rows. What fills up holds any subword of the batch; nobody sees it, so
    its gradient is zero.

    Args:
        lengths: subwords of each sequence, at least one.
        multiple: the number of rows is a multiple of this.

    Attributes:
        longest: subwords of the longest sequence.
        subwords: which subword of the batch each row holds, ``[rows]``.
        places: the place of this subword in its sequence, from 0, ``[rows]``.
        row_of: the row of each subword of the batch, ``[subwords]``.
        inside: the places that a sequence has; None where each has all.
    """

    def __init__(self, lengths: Int64[Tensor, " sequences"], *, multiple: int) -> None:
        self._sequences, self.longest = len(lengths), int(lengths.max())
        filling = (0, -self._sequences * self.longest % multiple)
        starts = lengths.cumsum(0) - lengths
        place = torch.arange(self.longest)[:, None]
        inside = place < lengths
        self.subwords = functional.pad(torch.where(inside, starts + place, 0).flatten(), filling)
        self.places = functional.pad(place.expand_as(inside).flatten(), filling)
        sequence = torch.arange(self._sequences).repeat_interleave(lengths)
        self.row_of = (torch.arange(len(sequence)) - starts[sequence]) * self._sequences + sequence
        self.inside: Bool[Tensor, "sequences longest"] | None = None if bool(inside.all()) else inside.t()

    def __len__(self) -> int:
        return len(self.places)

    def by_head(self, rows: Float[Tensor, "rows hidden"], heads: int) -> Float[Tensor, "sequences_heads longest part"]:
        """A view of the rows of each sequence and head, without those at the end of the matrix."""
        return rows[: self.longest * self._sequences].view(self.longest, self._sequences * heads, -1).transpose(0, 1)

    def by_part(
        self, rows: Float[Tensor, "rows parts_hidden"], parts: int, heads: int
    ) -> Float[Tensor, "parts sequences heads longest part"]:
        """A view of rows that hold several hidden states, such as query, key and value, one after the other."""
        inner = rows[: self.longest * self._sequences].view(self.longest, self._sequences, parts, heads, -1)
        return inner.permute(2, 1, 3, 0, 4)

    def clear_end(self, rows: Float[Tensor, "rows hidden"]) -> None:
        """Zero the rows at the end of the matrix, which belong to no sequence."""
        rows[self.longest * self._sequences :].zero_()


class Buffers:
    """Arrays that are used again in every step, by name; each grows to the largest that was asked for.

    Memory that is new to the process costs more than the arithmetic that is done in it.
    """

    def __init__(self) -> None:
        self._flat: dict[str, Tensor] = {}

    def take(self, name: str, *shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
        """An array with any content; the one that had the name before is overwritten."""
        size = torch.Size(shape).numel()
        flat = self._flat.get(name)
        if flat is None or flat.dtype != dtype or len(flat) < size:
            flat = self._flat[name] = torch.empty(size, dtype=dtype)
        return flat[:size].view(shape)
