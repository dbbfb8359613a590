"""Reader for ranges of rows over many files; when reading forward, rows between two ranges are skipped, not parsed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice
from typing import Generic, TypeVar

from onoma.bulk.inputs import source_of
from onoma.bulk.rows import DeadLetter, Row, shown
from onoma.bulk.sources import Input, Source
from onoma.errors import CorpusError
from onoma.text import Document

_END = object()

Carried = TypeVar("Carried")


@dataclass(frozen=True, slots=True)
class PreparedRow(Generic[Carried]):
    """A document to tag.

    Attributes:
        document: the document.
        carried: the row's other data, prepared for the output.
        file: path of the file.
        row: number of the row in the file, from 1.
    """

    document: Document
    carried: Carried
    file: str
    row: int

    def failed(self, reason: str) -> DeadLetter:
        """Return the row as a dead letter, if it cannot be tagged after all."""
        return DeadLetter(file=self.file, row=self.row, reason=reason, what=shown(self.document.text))


class RowReader:
    """Reader of rows by their index over all files.

    Args:
        inputs: the input files, in order.
        counts: number of items of each file.
        stamps: stamp of each file (from size and time) when its items were counted.
    """

    def __init__(self, inputs: Sequence[Input], counts: Sequence[int], *, stamps: Sequence[str]) -> None:
        self._sources = [source_of(input) for input in inputs]
        self._ends = list(accumulate(counts))
        self._counts = counts
        self._stamps = stamps
        self._file = -1
        self._position = 0
        self._items: Iterator[object] = iter(())

    def rows(
        self, start: int, stop: int, *, carry: Callable[[Row], Carried]
    ) -> Iterator[PreparedRow[Carried] | DeadLetter]:
        """Yield the rows ``[start, stop)``, counted from 0 over all files, without the blank ones.

        Args:
            start: index of the first row.
            stop: index after the last row.
            carry: function that prepares a row's other data for the output; if it fails, the row is a dead letter.

        Raises:
            CorpusError: a file cannot be read, or has changed since its items were counted.
        """
        while start < stop:
            file = bisect_right(self._ends, start)
            first = self._ends[file] - self._counts[file]
            end = min(stop, self._ends[file])
            self._go(file, start - first)
            for number in range(start - first, end - first):
                ready = self._ready(self._sources[file], number, carry)
                if ready is not None:
                    yield ready
            if self._sources[file].input.stamp != self._stamps[file]:
                raise _changed(self._sources[file])
            start = end

    def _go(self, file: int, number: int) -> None:
        if file != self._file or number < self._position:
            self._items = self._sources[file].items(number)
            self._file = file
        else:
            ahead = number - self._position
            next(islice(self._items, ahead, ahead), None)
        self._position = number

    def _ready(
        self, source: Source[object], number: int, carry: Callable[[Row], Carried]
    ) -> PreparedRow[Carried] | DeadLetter | None:
        item = next(self._items, _END)
        self._position += 1
        if item is _END:
            raise _changed(source)

        def ready(row: Row) -> PreparedRow[Carried]:
            return PreparedRow(row.document, carry(row), str(source.path), number + 1)

        return source.attempt(item, number=number + 1, use=ready)


def _changed(source: Source[object]) -> CorpusError:
    return CorpusError("has changed since the job began", path=source.path)
