"""Many examples in four flat arrays, which may be memory maps: a corpus of any size costs no memory to hold."""

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
"""The arrays of :class:`Examples`."""

_TOGETHER = 64
"""Examples that are written at once, which is faster than one at a time."""


class Examples(Sequence[Example]):
    """A sequence of examples, cut out of flat arrays when they are asked for.

    Args:
        ids: the subword ids of all examples, one after the other, ``[all]``.
        targets: their targets, ``[all]``.
        edges: their edges, ``[all]``.
        offsets: where each example begins, and the end of the last, ``[examples + 1]``.
        spans: their spans, flat, ``[3 * all]``.
        span_offsets: where the spans of each example begin in ``spans``, and the end of the last, ``[examples + 1]``.
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
        """Subwords of each example, ``[examples]``."""
        lengths: NDArray[np.int64] = np.diff(self.offsets)
        return lengths

    @property
    def subwords(self) -> int:
        """Subwords of all examples together."""
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
        place = range(len(self))[position]
        start, end = self.offsets[place], self.offsets[place + 1]
        return Example(
            self.ids[start:end], self.targets[start:end], self.edges[start:end], self.spans_of(position=place)
        )

    def spans_of(self, position: int) -> NDArray[np.int32]:
        """The spans of one example, ``[spans, 3]``."""
        return self.spans[self.span_offsets[position] : self.span_offsets[position + 1]].reshape(-1, 3)

    def packed(self, positions: Sequence[int]) -> PackedExamples:
        """Some examples one after the other, gathered in one step."""
        chosen = np.asarray(positions, dtype=np.int64)
        starts = self.offsets[chosen]
        lengths = self.offsets[chosen + 1] - starts
        places = np.arange(lengths.sum()) + np.repeat(starts - np.cumsum(lengths) + lengths, lengths)
        ids, targets = self.ids[places].astype(np.int64), self.targets[places].astype(np.int64)
        return PackedExamples(ids, targets, self.edges[places], lengths)


class PackedExamples(NamedTuple):
    """Examples one after the other: ids, targets and edges, ``[subwords]`` each, and the length of each example."""

    ids: NDArray[np.int64]
    targets: NDArray[np.int64]
    edges: NDArray[np.uint8]
    lengths: NDArray[np.int64]


def flatten(examples: Iterable[Example]) -> Iterator[dict[str, NDArray[np.generic]]]:
    """What the examples add to the columns, in order, some at a time; the first offset comes before all."""
    yield {"offsets": np.zeros(1), "span_offsets": np.zeros(1)}
    end = end_of_spans = 0
    iterator = iter(examples)
    while group := list(islice(iterator, _TOGETHER)):
        ends = end + np.cumsum([len(example.ids) for example in group])
        end = int(ends[-1])
        span_ends = end_of_spans + np.cumsum([example.spans.size for example in group])
        end_of_spans = int(span_ends[-1])
        yield {
            "ids": np.concatenate([example.ids for example in group]),
            "targets": np.concatenate([example.targets for example in group]),
            "edges": np.concatenate([example.edges for example in group]),
            "offsets": ends,
            "spans": np.concatenate([example.spans.ravel() for example in group]),
            "span_offsets": span_ends,
        }
