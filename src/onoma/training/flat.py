"""Examples stored in flat arrays, which may be memory maps, so that a corpus of any size needs no memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from onoma.engine.cache import Columns, arrays_in_memory
from onoma.training.examples import Example

COLUMNS: Columns = {
    "ids": np.int32,
    "targets": np.int32,
    "edges": np.uint8,
    "offsets": np.int64,
    "spans": np.int32,
    "span_offsets": np.int64,
}
"""Names and dtypes of the arrays of :class:`Examples`."""

_GROUP_SIZE = 64
"""Number of examples that are flattened together, which is faster than one at a time."""


class Examples(Sequence[Example]):
    """A sequence of examples, which are sliced from flat arrays on access.

    Args:
        ids: concatenated subword ids of all examples, ``[all]``.
        targets: concatenated targets of all examples, ``[all]``.
        edges: concatenated edges of all examples, ``[all]``.
        offsets: start of each example in these arrays, and the end of the last one, ``[examples + 1]``.
        spans: concatenated and flattened spans of all examples, ``[3 * spans]``.
        span_offsets: start of the spans of each example in ``spans``, and the end of the last ones, ``[examples + 1]``.
    """

    def __init__(
        self,
        *,
        ids: NDArray[np.int32],
        targets: NDArray[np.int32],
        edges: NDArray[np.uint8],
        offsets: NDArray[np.int64],
        spans: NDArray[np.int32],
        span_offsets: NDArray[np.int64],
    ) -> None:
        self.ids = ids
        self.targets = targets
        self.edges = edges
        self.offsets = offsets
        self.spans = spans
        self.span_offsets = span_offsets

    @classmethod
    def of(cls, examples: Iterable[Example]) -> Examples:
        """Collect examples in memory."""
        return cls(**arrays_in_memory(flatten(examples), columns=COLUMNS))

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Number of subwords of each example, ``[examples]``."""
        lengths: NDArray[np.int64] = np.diff(self.offsets)
        return lengths

    @property
    def subwords(self) -> int:
        """Number of subwords of all examples together."""
        return int(self.offsets[-1])

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @overload
    def __getitem__(self, position: int) -> Example: ...

    @overload
    def __getitem__(self, position: slice) -> list[Example]: ...

    def __getitem__(self, position: int | slice) -> Example | list[Example]:
        if isinstance(position, slice):
            return [self[each] for each in range(len(self))[position]]
        index = range(len(self))[position]
        start, end = self.offsets[index], self.offsets[index + 1]
        return Example(
            self.ids[start:end], self.targets[start:end], self.edges[start:end], self.spans_of(position=index)
        )

    def spans_of(self, position: int) -> NDArray[np.int32]:
        """Return the spans of an example, ``[spans, 3]``."""
        return self.spans[self.span_offsets[position] : self.span_offsets[position + 1]].reshape(-1, 3)

    def packed(self, positions: Sequence[int]) -> PackedExamples:
        """Concatenate some examples, without creating each of them."""
        example_positions = np.asarray(positions, dtype=np.int64)
        starts = self.offsets[example_positions]
        lengths = self.offsets[example_positions + 1] - starts
        subword_positions = np.arange(lengths.sum()) + np.repeat(starts - np.cumsum(lengths) + lengths, lengths)
        ids, targets = self.ids[subword_positions].astype(np.int64), self.targets[subword_positions].astype(np.int64)
        return PackedExamples(ids, targets, self.edges[subword_positions], lengths)


class PackedExamples(NamedTuple):
    """Concatenated examples.

    Attributes:
        ids: subword ids, ``[subwords]``.
        targets: targets, ``[subwords]``.
        edges: edges, ``[subwords]``.
        lengths: number of subwords of each example, ``[examples]``.
    """

    ids: NDArray[np.int64]
    targets: NDArray[np.int64]
    edges: NDArray[np.uint8]
    lengths: NDArray[np.int64]


def flatten(examples: Iterable[Example]) -> Iterator[dict[str, NDArray[np.generic]]]:
    """Yield pieces of the columns for groups of examples; the first piece contains only the initial offsets."""
    yield {"offsets": np.zeros(1), "span_offsets": np.zeros(1)}
    end = span_end = 0
    iterator = iter(examples)
    while group := list(islice(iterator, _GROUP_SIZE)):
        ends = end + np.cumsum([len(example.ids) for example in group])
        end = int(ends[-1])
        span_ends = span_end + np.cumsum([example.spans.size for example in group])
        span_end = int(span_ends[-1])
        yield {
            "ids": np.concatenate([example.ids for example in group]),
            "targets": np.concatenate([example.targets for example in group]),
            "edges": np.concatenate([example.edges for example in group]),
            "offsets": ends,
            "spans": np.concatenate([example.spans.ravel() for example in group]),
            "span_offsets": span_ends,
        }
