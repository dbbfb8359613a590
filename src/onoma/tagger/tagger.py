"""Text to entities, over any backend: the one way for commands, training's evaluation and servers.

Everything is a stream: documents are read a little ahead, windows of similar length put together, batches handed to the
backend as it asks for them, and scores decoded as soon as a sentence is whole. So a backend may run while the next
documents are prepared, and a long text needs memory for its words but not for their scores.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import accumulate, islice

from onoma.bundle import Bundle
from onoma.encoding import Windower, WordWindower
from onoma.errors import InputError
from onoma.runtime import Runner, WordScorer
from onoma.tagger.prediction import DocumentInProgress, DocumentPrediction
from onoma.tagger.scoring import by_subwords, by_words
from onoma.tagger.stretch import EMPTY, DocumentWindow, Stretch
from onoma.tagger.texts import UntilError, as_document, as_documents, together
from onoma.tasks import Task
from onoma.text import Document

_LOOKAHEAD_WINDOWS = 512


class Tagger:
    """Finds the entities of texts, and in the same pass whatever else its model predicts, as layers of the documents.

    One that was loaded from a folder can be copied and sent to other processes: each copy loads the model again.

    Args:
        bundle: what is predicted and how texts are cut.
        backend: what runs the model: over subwords, or over words.
        batch_subwords: subwords of one padded batch at most; it decides speed and memory, never an answer.
        structure: whether raw text is looked through for units and spellings; see :func:`onoma.load`.
        reload: loads the same tagger again, also in another process; None where it was not loaded from a folder.
    """

    def __init__(
        self,
        bundle: Bundle,
        backend: Runner,
        *,
        batch_subwords: int = 1024,
        structure: bool = True,
        reload: Callable[[], Tagger] | None = None,
    ) -> None:
        self.bundle = bundle
        self._reload = reload
        self._tasks: Mapping[str, Task] = bundle.tasks()
        widths = [width for (width,) in (task.shape for task in self._tasks.values())]
        self._columns = [slice(end - width, end) for width, end in zip(widths, accumulate(widths), strict=True)]
        self._windower: Windower | WordWindower
        self._score: Callable[[Iterable[Stretch]], Iterator[Stretch]]
        if isinstance(backend, WordScorer):
            self._windower = bundle.word_windower(structure=structure)
            self._score = partial(by_words, scorer=backend)
        else:
            self._windower = windower = bundle.windower(structure=structure)
            self._score = partial(
                by_subwords, backend=backend, windower=windower, tasks=list(self._tasks), budget=batch_subwords
            )

    def __reduce__(self) -> tuple[Callable[[], Tagger], tuple[()]]:
        if self._reload is None:
            raise InputError(
                "this tagger was not loaded from a folder, so it cannot be pickled or copied; "
                "load the model with onoma.load, where the copy can load it too"
            )
        return self._reload, ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The entity types that it can find."""
        return self.bundle.labels

    def tag(self, text: str | Document) -> Document:
        """The text as a document with its entities; a document's words and sentences are used where it has them.

        Raises:
            InputError: it is no text, or has half of a surrogate pair.
        """
        (read,) = self._read_many([as_document(text)], keep=False)
        return read.document

    def tag_many(self, texts: Iterable[str | Document]) -> Iterator[Document]:
        """Tag a stream in its order; some 100,000 characters are read ahead, so that similar lengths share batches.

        Raises:
            InputError: one of the texts is none, or has half of a surrogate pair; says which, counted from 1. This, and
                what the stream itself raises, comes behind the documents that were read before.
        """
        return (read.document for read in self._read_many(as_documents(texts), keep=False))

    def read_many(self, texts: Iterable[str | Document]) -> Iterator[DocumentPrediction]:
        """Tag a stream, and keep the scores of each document: for the probability of any span with any label.

        Raises:
            InputError: as :meth:`tag_many`.
        """
        return self._read_many(as_documents(texts), keep=True)

    def _read_many(self, documents: Iterable[Document], *, keep: bool) -> Iterator[DocumentPrediction]:
        source = UntilError(documents)
        runs = _runs(self._jobs(source, keep=keep), size=_LOOKAHEAD_WINDOWS)
        for stretch in self._score(Stretch.of(jobs, shape=(self._columns[-1].stop,)) for jobs in runs):
            yield from self._decoded(stretch)
        if source.error is not None:
            raise source.error

    def _jobs(self, documents: Iterable[Document], *, keep: bool) -> Iterator[DocumentWindow]:
        """The windows of a stream of documents."""
        for group in together(documents):
            for encoded in self._windower.encode(group):
                reader = DocumentInProgress(encoded, self._tasks, keep=keep)
                for window in encoded.windows or (EMPTY,):
                    yield DocumentWindow(reader, window)

    def _decoded(self, stretch: Stretch) -> Iterator[DocumentPrediction]:
        """Decode the sentences that are whole; the documents that this completes."""
        for (name, task), columns in zip(self._tasks.items(), self._columns, strict=True):
            sentences = [
                (reader.layers[name], first, scores)
                for reader, scored in stretch.documents()
                for first, scores in reader.layers[name].sentences(scored[:, columns])
            ]
            readings = task.decode([scores for _, _, scores in sentences])
            for (layer, first, _), reading in zip(sentences, readings, strict=True):
                layer.take(first, reading)
        for reader, _ in stretch.documents():
            if reader.is_whole:
                yield reader.result()


def _runs(jobs: Iterable[DocumentWindow], *, size: int) -> Iterator[list[DocumentWindow]]:
    """Runs of so many; the last one may be shorter."""
    jobs = iter(jobs)
    while run := list(islice(jobs, size)):
        yield run
