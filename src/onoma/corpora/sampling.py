"""So many sentences of a corpus, drawn by a seed; fewer of the same seed are among more of it."""

from __future__ import annotations

import random
from collections.abc import Iterable

from onoma.errors import ConfigError
from onoma.text import Document, join, split_sentences


def draw_sentences(documents: Iterable[Document], count: int, *, seed: int) -> list[Document]:
    """Whole documents in random order until they have so many sentences; of the last one as many as are missing.

    Args:
        documents: one without sentence bounds counts as a sentence.
        count: of sentences.
        seed: decides the order.

    Raises:
        ConfigError: the documents have fewer sentences.
    """
    order = list(documents)
    random.Random(seed).shuffle(order)
    drawn: list[Document] = []
    missing = count
    for document in order:
        if not missing:
            break
        sentences = split_sentences(document)
        drawn.append(document if len(sentences) <= missing else join(sentences[:missing]))
        missing -= min(missing, len(sentences))
    if missing:
        raise ConfigError(f"data.sentences: {count:,} are asked for, but the training text has {count - missing:,}")
    return drawn


def count_sentences(documents: Iterable[Document]) -> int:
    """The sentences that :func:`draw_sentences` can draw from."""
    return sum(len(split_sentences(document)) for document in documents)
