"""Documents of a source that may be slow, tagged as they come: a line of a pipe is shown when it is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from queue import Empty, SimpleQueue
from threading import Semaphore, Thread

from onoma.tagger import Tagger
from onoma.text import Document

_TOGETHER = 512
"""So many documents are tagged together at most, and so many wait at most."""


def tag_arriving(tagger: Tagger, documents: Iterable[Document]) -> Iterator[Document]:
    """Tag a stream in its order, without waiting for a document before all that came earlier are given back.

    Raises:
        Exception: what the stream raises, behind the documents that came before.
    """
    arrivals = _Arrivals(documents)
    while together := arrivals.take():
        yield from tagger.tag_many(together)
    if arrivals.error is not None:
        raise arrivals.error


class _Arrivals:
    """Reads a stream in a thread of its own."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self.error: BaseException | None = None
        self._documents = documents
        self._waiting = SimpleQueue[Document | None]()
        self._room = Semaphore(_TOGETHER)
        self._ended = False
        Thread(target=self._read, daemon=True).start()

    def take(self) -> list[Document]:
        """What has come, at least one document; none at the end."""
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
