"""Reads annotated files as a stream of training documents, with their labels and counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import msgspec

from onoma.bundle import DataCard
from onoma.corpora import CorpusReader, ReadOptions, draw_sentences, read
from onoma.errors import ConfigError
from onoma.text import Document
from onoma.training.parts import card_of, labels_of

_READ_ONCE = 2_000_000
"""Maximum number of characters of a corpus that is kept in memory between the two passes; others are read twice."""

_MAX_PATHS = 3


@dataclass(frozen=True, slots=True)
class TextSample:
    """A random sample of sentences of a corpus; see :func:`~onoma.corpora.draw_sentences`.

    Attributes:
        sentences: number of sentences.
        seed: random seed of the sample.
    """

    sentences: int
    seed: int


@dataclass(frozen=True, slots=True)
class TrainingDocuments:
    """The documents of the training text.

    Attributes:
        stream: iterator over the documents, which can be consumed once.
        labels: number of entities by label, in the whole files even if a sample is drawn.
        card: description of the documents for the manifest.
        notices: messages about repaired or omitted text, and about files without any entity of some label.
    """

    stream: Iterator[Document]
    labels: Counter[str]
    card: DataCard
    notices: list[str]


def read_documents(
    paths: Sequence[Path],
    *,
    digest: str,
    format: str | None,
    ways: Sequence[ReadOptions],
    sample: TextSample | None = None,
) -> TrainingDocuments:
    """Count the labels of all files in a first pass, and return a stream of their documents for a second pass.

    Args:
        paths: files or folders.
        digest: digest of the content of the files.
        format: format of the files; None to detect it automatically.
        ways: options for reading each path.
        sample: sample of sentences to return; None for all documents.

    Raises:
        InputError: a file cannot be used.
        ConfigError: an unannotated label does not occur in any file, or the corpus has fewer sentences than the sample.
    """
    readings = [read(path, format=format, options=options) for path, options in zip(paths, ways, strict=True)]
    stream = _count_documents(readings)
    labels = labels_of(readings)
    _check_unannotated(unannotated_sets(ways), labels)
    notices = [notice for reading in readings for notice in reading.notices()]
    if all(options.labelled == "spans" for options in ways):
        notices += _missing_label_notices(readings, ways)
    card = card_of(paths, digest=digest, reports=[reading.report for reading in readings])
    if sample is not None:
        sampled = draw_sentences(stream, sample.sentences, seed=sample.seed)
        stream, card = iter(sampled), _with_counts(card, sampled)
    return TrainingDocuments(stream, labels, card, notices)


def unannotated_sets(ways: Sequence[ReadOptions]) -> list[frozenset[str]]:
    """Return the distinct sets of labels that files do not annotate, in the order of the task's targets for them."""
    return sorted({each.unannotated for each in ways if each.unannotated}, key=sorted)


def _count_documents(readings: Sequence[CorpusReader]) -> Iterator[Document]:
    """Read all documents once to count them, and return an iterator over them, from memory or from the files again."""
    kept_documents: list[Document] | None = []
    characters_left = _READ_ONCE
    for document in chain.from_iterable(readings):
        characters_left -= len(document.text)
        if characters_left < 0:
            kept_documents = None
        if kept_documents is not None:
            kept_documents.append(document)
    return chain.from_iterable(readings) if kept_documents is None else iter(kept_documents)


def _with_counts(card: DataCard, documents: Sequence[Document]) -> DataCard:
    """Return the card of a corpus with the counts of a sample of its documents."""
    return msgspec.structs.replace(
        card,
        documents=len(documents),
        words=None if card.words is None else sum(len(document.words or ()) for document in documents),
        entities=sum(len(document.entities) for document in documents),
    )


def _check_unannotated(unannotated: Sequence[frozenset[str]], labels: Counter[str]) -> None:
    for label in sorted(frozenset[str]().union(*unannotated) - labels.keys()):
        known = ", ".join(sorted(labels))
        raise ConfigError(f"data.corpora: no other file has the label {label!r}; choose from {known}")


def _missing_label_notices(readings: Sequence[CorpusReader], ways: Sequence[ReadOptions]) -> Iterator[str]:
    """Yield messages about files without any entity of a label of other files, if it is not declared as unannotated."""
    all_labels = labels_of(readings).keys()
    files: dict[tuple[str, ...], list[str]] = {}
    for reading, options in zip(readings, ways, strict=True):
        missing = tuple(sorted(all_labels - reading.report.labels.keys() - options.unannotated))
        files.setdefault(missing, []).append(str(reading.path))
    for missing, paths in files.items():
        if missing:
            more = f" and {len(paths) - _MAX_PATHS:,} more" if len(paths) > _MAX_PATHS else ""
            yield (
                f"{', '.join(paths[:_MAX_PATHS])}{more}: no entity has the label {', '.join(missing)}, which other "
                "files have; if it is not annotated there, name it in data.corpora (unannotated), or its entities are "
                "learnt as no entities"
            )
