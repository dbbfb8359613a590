"""Training examples from annotated documents for models that read words instead of subwords."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onoma.encoding import WordWindower
from onoma.tasks import TagTask
from onoma.text import Document
from onoma.training.examples import BEGINS, ENDS, sentence_edges, split_words_at_entities


@dataclass(frozen=True, slots=True, eq=False)
class WordExample:
    """A sentence, or a part of a very long sentence, with its targets.

    Attributes:
        words: texts of the words.
        targets: target of each word, ``[words]``; see :attr:`onoma.tasks.TagTask.allowed`.
        begins, ends: whether the example begins or ends at a sentence bound that no gold entity crosses.
    """

    words: list[str]
    targets: NDArray[np.int32]
    begins: bool
    ends: bool


def word_examples(
    documents: Iterable[Document], *, windower: WordWindower, task: TagTask, unusable: Counter[str]
) -> Iterator[WordExample]:
    """Convert documents to examples.

    Args:
        documents: documents with gold entities.
        windower: cuts documents into sentences and windows.
        task: task that defines the targets.
        unusable: counter of the annotations that had to be changed or left out, by reason; it is updated.
    """
    for document in documents:
        (encoded,) = windower.encode([split_words_at_entities(document, windower)])
        targets = task.targets(encoded, unusable=unusable).words
        edges = sentence_edges(encoded)
        for window in encoded.windows:
            start, end = window.core_start, window.core_end
            yield WordExample(
                encoded.words.texts(start, end),
                targets[start:end],
                begins=bool(edges[start] & BEGINS),
                ends=bool(edges[end - 1] & ENDS),
            )
