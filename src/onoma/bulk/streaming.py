"""Input files as one stream of documents, for outputs that are not written in shards."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from onoma.bulk.inputs import source_of
from onoma.bulk.rows import DeadLetter
from onoma.bulk.sources import Input
from onoma.text import Document


def stream(inputs: Sequence[Input], *, failed: Callable[[DeadLetter], None]) -> Iterator[Document]:
    """Yield the documents of all files, in order.

    Args:
        inputs: the files, in order.
        failed: function called with each row that cannot be tagged.
    """
    for input in inputs:
        source = source_of(input)
        for number, item in enumerate(source.items(0), start=1):
            result = source.attempt(item, number=number, use=lambda row: row.document)
            if isinstance(result, DeadLetter):
                failed(result)
            elif result is not None:
                yield result
