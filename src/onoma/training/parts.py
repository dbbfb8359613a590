"""Reads a part of the data (train, dev or test) into memory, and reports problems of the data to the user."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from onoma.bundle import ENTITIES, DataCard
from onoma.corpora import CorpusReader, ReadOptions, ReadReport, digest_of, read
from onoma.counting import counted
from onoma.encoding import Windower, WordWindower
from onoma.engine.events import Listener, Notice
from onoma.errors import InputError
from onoma.text import Document
from onoma.training.config import DataConfig


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the data (train, dev or test) in memory.

    Attributes:
        documents: all documents.
        card: description of the part for the manifest.
        labels: number of entities by label.
    """

    documents: list[Document]
    card: DataCard
    labels: Counter[str]


def read_part(paths: Sequence[Path], data: DataConfig, *, on_event: Listener) -> Part:
    """Read the files of a part, and report as events what had to be repaired or left out."""
    readings = [read(path, format=data.format, options=read_options(data, path)) for path in paths]
    documents = list(chain.from_iterable(readings))
    for text in chain.from_iterable(reading.notices() for reading in readings):
        on_event(Notice(text))
    card = card_of(paths, digest=digest_of(paths), reports=[reading.report for reading in readings])
    return Part(documents, card, labels_of(readings))


def read_options(data: DataConfig, path: Path) -> ReadOptions:
    """Return the options for reading a file according to a configuration."""
    corpus = data.corpus_of(path)
    return ReadOptions(
        scheme=data.tag_scheme,
        strict=data.strict,
        word_column=data.word_column,
        tag_column=data.tag_column,
        position_digit=data.position_digit,
        encoding=data.encoding,
        default_label=data.default_label,
        tag_names=data.tag_names,
        skip_checks=data.skip_checks,
        documents=data.documents if corpus is None or corpus.documents is None else corpus.documents,
        replace_surrogates=True,
        may_be_empty=any(path in files and len(files) > 1 for files in (data.train, data.dev, data.test)),
        labels=corpus.labels if corpus else {},
        unannotated=frozenset(corpus.unannotated if corpus else ()),
        labelled=data.labelled,
        layer=data.layer,
    )


def report_suspicious_data(data: DataConfig, *, on_event: Listener) -> None:
    """Report tables of corpora that no file uses, for example because of a misspelt pattern, and evaluation files that
    are also used for training.
    """
    used = [data.corpus_of(path) for path in (*data.train, *data.dev, *data.test)]
    for corpus in data.corpora:
        if not any(corpus is each for each in used):
            key, patterns = f"{data.title}{data.key('corpora')}", ", ".join(map(repr, corpus.files))
            on_event(
                Notice(
                    f"{key}: no file uses the table of {patterns}; a file uses the first table with a pattern that "
                    "matches its path"
                )
            )
    for part, paths in (("dev", data.dev), ("test", data.test)):
        _report_shared_files(data.train, paths, part=part, on_event=on_event)


def _report_shared_files(train: Sequence[Path], evaluated: Sequence[Path], *, part: str, on_event: Listener) -> None:
    """Report the files of ``part`` whose content is also used for training."""
    if not evaluated:
        return
    names = {digest_of([path]): path for path in train}
    for path in dict.fromkeys(evaluated):
        same = path if path in train else names.get(digest_of([path]))
        if same is not None:
            copied = "" if same == path else f", as {same},"
            on_event(Notice(f"{path} is in train{copied} and in {part}, so F1 on {part} says nothing about other text"))


def labels_of(readings: Iterable[CorpusReader]) -> Counter[str]:
    """Count the labels in corpora that have been read to the end."""
    labels: Counter[str] = Counter()
    for reading in readings:
        labels.update(reading.report.labels)
    return labels


def card_of(paths: Sequence[Path], *, digest: str, reports: Sequence[ReadReport]) -> DataCard:
    """Return the card of a part for the manifest, from the reports of its corpora."""
    return DataCard(
        name=", ".join(path.name for path in paths),
        digest=digest,
        documents=sum(report.documents for report in reports),
        words=sum(report.words for report in reports) or None,
        entities=sum(report.entities for report in reports),
    )


def count_inside_words(part: Part, windower: Windower | WordWindower, *, on_event: Listener) -> None:
    """Report how many gold entities begin or end inside a word; they count as missed, since whole words are tagged."""
    misaligned = total = 0
    for document in part.documents:
        total += len(document.entities)
        if document.entities:
            words = windower.words(document)
            starts, ends = set(words.starts.tolist()), set(words.ends.tolist())
            misaligned += sum(entity.start not in starts or entity.end not in ends for entity in document.entities)
    if misaligned:
        text = f"{misaligned:,} of {total:,} entities begin or end inside a word, so that they count as missed"
        on_event(Notice(f"{part.card.name}: {text}; words are tagged as a whole, and files can give other words"))


def count_subwords(document: Document, windower: Windower) -> int:
    """Return the number of subwords of a document, each counted once even if several windows contain it."""
    return sum(len(encoded.subwords.ids) for encoded in windower.encode([document]))


def check_trainable(labels: Collection[str], card: DataCard, *, data: DataConfig) -> None:
    """Check that a training text has labels.

    Raises:
        InputError: it has none.
    """
    if not labels:
        unit = "entities" if data.labelled == "spans" else "labels"
        raise InputError(
            f"{data.title}{card.name}: has no {unit} in {counted(card.documents, 'document')}, so there is nothing to "
            f"train on; check {data.key('tag_column')} and {data.key('format')}"
        )


def check_labels(labels: Sequence[str], other: Part, *, task: str) -> None:
    """Check that a part of a task's data has at least one of the task's labels, since it measures nothing otherwise.

    Args:
        labels: labels of the training text.
        other: another part of the data.
        task: name of the task, which the error message of a further task begins with.

    Raises:
        InputError: the part has none of the labels.
    """
    if problem := describe_missing_labels(labels, other, task=task):
        raise InputError(problem)


def describe_missing_labels(labels: Sequence[str], other: Part, *, task: str) -> str:
    """Return a message if a part of a task's data has none of the task's labels, else an empty string."""
    if other.labels.keys() & set(labels):
        return ""
    title = "" if task == ENTITIES else f"task {task!r}: "
    theirs, ours = (", ".join(sorted(each)[:5]) or "none" for each in (other.labels, labels))
    return (
        f"{title}{other.card.name} has none of the labels of the training text: {theirs}, not {ours}; are these files "
        "of one task, and read by the same column?"
    )


def compare_labels(train: Counter[str], dev: Part, *, on_event: Listener) -> None:
    """Report the labels that occur only in train or only in dev, and the effect on the evaluation.

    Raises:
        InputError: dev has none of the labels of train.
    """
    check_labels(list(train), dev, task=ENTITIES)
    report_unseen_labels(train, dev.labels, part="dev", on_event=on_event)
    absent_labels = sorted(set(train) - set(dev.labels))
    if absent_labels:
        on_event(Notice(f"labels of train that dev does not have, which cannot be scored: {', '.join(absent_labels)}"))


def report_unseen_labels(train: Iterable[str], evaluated: Counter[str], *, part: str, on_event: Listener) -> None:
    """Report the labels of ``part`` that the training text does not have."""
    unseen_labels = sorted(set(evaluated) - set(train))
    if unseen_labels:
        listed = ", ".join(f"{label} ({evaluated[label]:,})" for label in unseen_labels)
        on_event(Notice(f"labels of {part} that train does not have, which count as missed: {listed}"))
