"""Many examples in four flat arrays, which may be memory maps: a corpus of any size costs no memory to hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import BufferedIOBase, BytesIO
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from onoma.training.examples import Example


class Examples(Sequence[Example]):
    """A sequence of examples, cut out of flat arrays when they are asked for.

    Args:
        ids: the subword ids of all examples, one after the other, ``[all]``.
        targets: their targets, ``[all]``.
        edges: their edges, ``[all]``.
        offsets: where each example begins, and the end of the last, ``[examples + 1]``.
    """

    def __init__(
        self,
        ids: NDArray[np.int32],
        targets: NDArray[np.int32],
        edges: NDArray[np.uint8],
        offsets: NDArray[np.int64],
    ) -> None:
        self.ids = ids
        self.targets = targets
        self.edges = edges
        self.offsets = offsets

    @classmethod
    def of(cls, examples: Iterable[Example]) -> Examples:
        """Collect examples in memory."""
        writer = ExampleWriter(BytesIO(), BytesIO(), BytesIO(), BytesIO())
        for example in examples:
            writer.append(example)
        return writer.in_memory()

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
        return Example(self.ids[start:end], self.targets[start:end], self.edges[start:end])

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


class ExampleWriter:
    """Writes examples, one at a time, into four files in numpy's format."""

    def __init__(
        self, ids: BufferedIOBase, targets: BufferedIOBase, edges: BufferedIOBase, offsets: BufferedIOBase
    ) -> None:
        self._ids = _Column(ids, np.int32)
        self._targets = _Column(targets, np.int32)
        self._edges = _Column(edges, np.uint8)
        self._offsets = _Column(offsets, np.int64)
        self._offsets.extend(np.zeros(1))

    def append(self, example: Example) -> None:
        """Add one example."""
        self._ids.extend(example.ids)
        self._targets.extend(example.targets)
        self._edges.extend(example.edges)
        self._offsets.extend(np.asarray([self._ids.length]))

    def finish(self) -> None:
        """Write the lengths, which are known only now, into the files' heads."""
        for column in (self._ids, self._targets, self._edges, self._offsets):
            column.finish()

    def in_memory(self) -> Examples:
        """What was written, where the files are ``BytesIO``; without a copy."""
        return Examples(
            self._ids.in_memory(), self._targets.in_memory(), self._edges.in_memory(), self._offsets.in_memory()
        )


class _Column:
    """One flat array that grows in a file. numpy leaves room in a file's head for the length to grow."""

    def __init__(self, file: BufferedIOBase, dtype: type[np.integer[Any]]) -> None:
        self.length = 0
        self._file = file
        self._dtype = np.dtype(dtype)
        self._head = self._write_head()

    def extend(self, values: NDArray[np.generic]) -> None:
        self._file.write(values.astype(self._dtype).tobytes())
        self.length += len(values)

    def finish(self) -> None:
        self._file.seek(0)
        if self._write_head() != self._head:
            raise AssertionError("the head of a numpy file has grown over its data")

    def in_memory(self) -> NDArray[Any]:
        assert isinstance(self._file, BytesIO)
        return np.frombuffer(self._file.getbuffer(), dtype=self._dtype, offset=self._head)

    def _write_head(self) -> int:
        fields = {"descr": npy.dtype_to_descr(self._dtype), "fortran_order": False, "shape": (self.length,)}
        npy.write_array_header_1_0(self._file, fields)
        return self._file.tell()
