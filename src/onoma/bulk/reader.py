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
        self._file_index = -1
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
            file_index = bisect_right(self._ends, start)
            first_row = self._ends[file_index] - self._counts[file_index]
            end = min(stop, self._ends[file_index])
            self._seek(file_index, start - first_row)
            for number in range(start - first_row, end - first_row):
                row = self._read_row(self._sources[file_index], number, carry)
                if row is not None:
                    yield row
            if self._sources[file_index].input.stamp != self._stamps[file_index]:
                raise _input_changed_error(self._sources[file_index])
            start = end

    def _seek(self, file_index: int, number: int) -> None:
        if file_index != self._file_index or number < self._position:
            self._items = self._sources[file_index].items(number)
            self._file_index = file_index
        else:
            skip_count = number - self._position
            next(islice(self._items, skip_count, skip_count), None)
        self._position = number

    def _read_row(
        self, source: Source[object], number: int, carry: Callable[[Row], Carried]
    ) -> PreparedRow[Carried] | DeadLetter | None:
        item = next(self._items, _END)
        self._position += 1
        if item is _END:
            raise _input_changed_error(source)

        def prepare(row: Row) -> PreparedRow[Carried]:
            return PreparedRow(row.document, carry(row), str(source.path), number + 1)

        return source.attempt(item, number=number + 1, use=prepare)


def _input_changed_error(source: Source[object]) -> CorpusError:
    return CorpusError("has changed since the job began", path=source.path)
