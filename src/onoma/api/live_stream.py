"""Tagging of documents from a slow source, such as a pipe: each document is returned as soon as it has arrived."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from queue import Empty, SimpleQueue
from threading import Semaphore, Thread

from onoma.tagger import Tagger
from onoma.text import Document

_TOGETHER = 512
"""Maximum number of documents that are tagged together, and maximum number in the buffer."""


def tag_stream(tagger: Tagger, documents: Iterable[Document]) -> Iterator[Document]:
    """Tag a stream in order; all documents that have arrived are yielded before the next one is waited for.

    Raises:
        Exception: any exception of the stream, raised after the earlier documents were yielded.
    """
    arrivals = _Arrivals(documents)
    while together := arrivals.take():
        yield from tagger.tag_many(together)
    if arrivals.error is not None:
        raise arrivals.error


class _Arrivals:
    """A buffer that a background thread fills from a stream."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self.error: BaseException | None = None
        self._documents = documents
        self._waiting = SimpleQueue[Document | None]()
        self._room = Semaphore(_TOGETHER)
        self._ended = False
        Thread(target=self._read, daemon=True).start()

    def take(self) -> list[Document]:
        """Return the documents that have arrived, at least one; an empty list at the end of the stream."""
        taken: list[Document] = []
        while not self._ended and len(taken) < _TOGETHER:
            try:
                document = self._waiting.get(block=not taken)
            except Empty:
                break
            if document is None:
                self._ended = True
            else:
                taken.append(document)
                self._room.release()
        return taken

    def _read(self) -> None:
        try:
            for document in self._documents:
                self._room.acquire()
                self._waiting.put(document)
        except BaseException as error:
            self.error = error
        self._waiting.put(None)
