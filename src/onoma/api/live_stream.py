"""Tagging of documents from a slow source, such as a pipe: each document is returned as soon as it has arrived."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from queue import Empty, SimpleQueue
from threading import Semaphore, Thread

from onoma.tagger import Tagger
from onoma.text import Document

_MAX_BATCH_SIZE = 512
"""Maximum number of documents that are tagged together, and maximum number in the buffer."""


def tag_stream(tagger: Tagger, documents: Iterable[Document]) -> Iterator[Document]:
    """Tag a stream in order; all documents that have arrived are yielded before the next one is waited for.

    Raises:
        Exception: any exception of the stream, raised after the earlier documents were yielded.
    """
    buffer = _StreamBuffer(documents)
    while batch := buffer.get_available():
        yield from tagger.tag_many(batch)
    if buffer.error is not None:
        raise buffer.error


class _StreamBuffer:
    """A buffer that a background thread fills from a stream."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self.error: BaseException | None = None
        self._documents = documents
        self._queue = SimpleQueue[Document | None]()
        self._free_slots = Semaphore(_MAX_BATCH_SIZE)
        self._ended = False
        Thread(target=self._fill_queue, daemon=True).start()

    def get_available(self) -> list[Document]:
        """Return the documents that have arrived, at least one; an empty list at the end of the stream."""
        batch: list[Document] = []
        while not self._ended and len(batch) < _MAX_BATCH_SIZE:
            try:
                document = self._queue.get(block=not batch)
            except Empty:
                break
            if document is None:
                self._ended = True
            else:
                batch.append(document)
                self._free_slots.release()
        return batch

    def _fill_queue(self) -> None:
        try:
            for document in self._documents:
                self._free_slots.acquire()
                self._queue.put(document)
        except BaseException as error:
            self.error = error
        self._queue.put(None)
