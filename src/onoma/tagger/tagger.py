"""Tagging of texts over any backend, in the same way for commands, evaluation during training, and servers.

Everything is streamed: documents are read slightly ahead, windows of similar length are batched together, the backend
gets batches as it asks for them, and scores are decoded as soon as a sentence is complete. So a backend can run while
the next documents are prepared, and a long text needs memory for its words but not for their scores.
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
from onoma.tagger.scoring import score_subwords, score_words
from onoma.tagger.texts import ErrorCapturingStream, as_document, as_documents, group_documents
from onoma.tagger.window_group import EMPTY, DocumentWindow, WindowGroup
from onoma.tasks import Task
from onoma.text import Document

_LOOKAHEAD_WINDOWS = 512


class Tagger:
    """Tagger of texts: predicts entities and, in the same pass, the layers of any other tasks of its model.

    A tagger that was loaded from a folder can be copied and sent to other processes: each copy loads the model again.

    Args:
        bundle: bundle that defines the tasks and how texts are split.
        backend: backend that runs the model, over subwords or over words.
        batch_subwords: maximum number of subwords per padded batch; it affects speed and memory, not the results.
        structure: whether to search raw text for units and spellings; see :func:`onoma.load`.
        reload: function that loads the same tagger again, also in another process; None if the tagger was not loaded
            from a folder.
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
        self._score: Callable[[Iterable[WindowGroup]], Iterator[WindowGroup]]
        if isinstance(backend, WordScorer):
            self._windower = bundle.word_windower(structure=structure)
            self._score = partial(score_words, scorer=backend)
        else:
            self._windower = windower = bundle.windower(structure=structure)
            self._score = partial(
                score_subwords, backend=backend, windower=windower, tasks=list(self._tasks), budget=batch_subwords
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
        """Entity types that the tagger can predict."""
        return self.bundle.labels

    def tag(self, text: str | Document) -> Document:
        """Tag a text and return it as a document with entities; words and sentences of a given document are kept.

        Raises:
            InputError: the input is not a text or a document, or contains half of a surrogate pair.
        """
        (prediction,) = self._predict([as_document(text)], keep=False)
        return prediction.document

    def tag_many(self, texts: Iterable[str | Document]) -> Iterator[Document]:
        """Tag a stream of texts in order.

        About 100,000 characters are read ahead, so that windows of similar length can be batched together.

        Raises:
            InputError: an item is not a text or a document, or contains half of a surrogate pair. The message has the
                number of the item, counted from 1; all items before it are tagged and yielded first.
        """
        return (prediction.document for prediction in self._predict(as_documents(texts), keep=False))

    def predict_many(self, texts: Iterable[str | Document]) -> Iterator[DocumentPrediction]:
        """Tag a stream of texts and keep their scores, which give the probability of any span with any label.

        Raises:
            InputError: as in :meth:`tag_many`.
        """
        return self._predict(as_documents(texts), keep=True)

    def _predict(self, documents: Iterable[Document], *, keep: bool) -> Iterator[DocumentPrediction]:
        source = ErrorCapturingStream(documents)
        groups = _split_into_groups(self._iter_windows(source, keep=keep), size=_LOOKAHEAD_WINDOWS)
        for group in self._score(WindowGroup.of(windows, shape=(self._columns[-1].stop,)) for windows in groups):
            yield from self._decode(group)
        if source.error is not None:
            raise source.error

    def _iter_windows(self, documents: Iterable[Document], *, keep: bool) -> Iterator[DocumentWindow]:
        """Yield the windows of a stream of documents."""
        for group in group_documents(documents):
            for encoded in self._windower.encode(group):
                document = DocumentInProgress(encoded, self._tasks, keep=keep)
                for window in encoded.windows or (EMPTY,):
                    yield DocumentWindow(document, window)

    def _decode(self, group: WindowGroup) -> Iterator[DocumentPrediction]:
        """Decode the sentences that are complete, and yield the documents that this completes."""
        for (name, task), columns in zip(self._tasks.items(), self._columns, strict=True):
            sentences = [
                (document.layers[name], first, scores)
                for document, document_scores in group.documents()
                for first, scores in document.layers[name].complete_sentences(document_scores[:, columns])
            ]
            predictions = task.decode([scores for _, _, scores in sentences])
            for (layer, first, _), prediction in zip(sentences, predictions, strict=True):
                layer.add(first, prediction)
        for document, _ in group.documents():
            if document.is_complete:
                yield document.result()


def _split_into_groups(windows: Iterable[DocumentWindow], *, size: int) -> Iterator[list[DocumentWindow]]:
    """Yield runs of ``size`` windows; the last one may be shorter."""
    windows = iter(windows)
    while group := list(islice(windows, size)):
        yield group
