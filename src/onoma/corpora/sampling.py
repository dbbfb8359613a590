"""Random samples of sentences from a corpus; with the same seed, a larger sample contains a smaller one."""

from __future__ import annotations

import random
from collections.abc import Iterable

from onoma.errors import ConfigError
from onoma.text import Document, join, split_sentences


def draw_sentences(documents: Iterable[Document], count: int, *, seed: int) -> list[Document]:
    """Draw whole documents in random order until they have ``count`` sentences; the last one is cut to fit.

    Args:
        documents: the documents; one without sentence bounds counts as one sentence.
        count: number of sentences.
        seed: seed of the random order.

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
    check_sample_size(count, available=count - missing)
    return drawn


def check_sample_size(count: int, *, available: int) -> None:
    """Check that a training text has enough sentences for a sample.

    Raises:
        ConfigError: it has fewer.
    """
    if count > available:
        raise ConfigError(f"data.sentences: {count:,} were requested, but the training text has {available:,}")


def count_sentences(documents: Iterable[Document]) -> int:
    """Count the sentences that :func:`draw_sentences` can draw from."""
    return sum(len(split_sentences(document)) for document in documents)
