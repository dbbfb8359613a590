"""Annotated documents to the sentences that a model of words learns from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onoma.encoding import WordWindower
from onoma.tasks import TagTask
from onoma.text import Document
from onoma.training.examples import with_cut_words


@dataclass(frozen=True, slots=True, eq=False)
class WordExample:
    """A sentence, or a part of a very long one.

    Attributes:
        words: as they are read.
        targets: of each word, ``[words]``; see :attr:`onoma.tasks.TagTask.allowed`.
        begins, ends: whether no entity reaches in from before, or out behind it.
    """

    words: list[str]
    targets: NDArray[np.int32]
    begins: bool
    ends: bool


def word_examples(
    documents: Iterable[Document], *, windower: WordWindower, task: TagTask, unusable: Counter[str]
) -> Iterator[WordExample]:
    """Turn documents into examples.

    Args:
        documents: with gold entities.
        windower: how they are cut.
        task: what the model predicts.
        unusable: counts, by reason, the annotations that could not be used as they are.
    """
    for document in documents:
        (encoded,) = windower.encode([with_cut_words(document, windower)])
        targets = task.targets(encoded, unusable=unusable).words
        bounds = {bound for sentence in encoded.sentences for bound in sentence}
        for window in encoded.windows:
            start, end = window.core_start, window.core_end
            yield WordExample(
                encoded.words.texts(start, end), targets[start:end], begins=start in bounds, ends=end in bounds
            )
