"""The parts of a run's data, train, dev and test: read whole, and what had to be mended said."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from onoma.bundle import DataCard
from onoma.corpora import ReadOptions, read
from onoma.text import Document
from onoma.training.config import DataConfig
from onoma.training.progress import Observer


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the data, read whole."""

    documents: list[Document]
    card: DataCard
    labels: Counter[str]


def read_part(paths: Sequence[Path], data: DataConfig, *, observer: Observer) -> Part:
    """Read the files of one part and tell what had to be repaired or left out."""
    options = ReadOptions(
        scheme=data.tag_scheme,
        strict=data.strict,
        word_column=data.word_column,
        tag_column=data.tag_column,
        position_digit=data.position_digit,
        encoding=data.encoding,
    )
    documents: list[Document] = []
    labels: Counter[str] = Counter()
    words = 0
    digest = hashlib.sha256()
    for path in paths:
        reading = read(path, format=data.format, options=options)
        documents += reading
        report = reading.report
        if report.scheme is not None:
            how = "as told" if report.scheme_forced else "detected"
            observer.notice(f"{path}: {reading.format}, tags in scheme {report.scheme} ({how})")
        labels.update(report.labels)
        words += report.words
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            digest.update(file.read_bytes() if file.is_file() else b"")
        for notice in report.notices():
            observer.notice(f"{path}: {notice}")
    name = ", ".join(path.name for path in paths)
    card = DataCard(
        name=name,
        digest=f"sha256:{digest.hexdigest()}",
        documents=len(documents),
        words=words or None,
        entities=labels.total(),
    )
    return Part(documents, card, labels)


def compare_labels(train: Part, dev: Part, *, observer: Observer) -> None:
    """Say which labels only one of train and dev has, and what follows from it."""
    unseen = sorted(set(dev.labels) - set(train.labels))
    if unseen:
        told = ", ".join(f"{label} ({dev.labels[label]:,})" for label in unseen)
        observer.notice(f"labels of dev that train lacks, which therefore count as missed: {told}")
    absent = sorted(set(train.labels) - set(dev.labels))
    if absent:
        observer.notice(f"labels of train that dev lacks, which therefore cannot be judged: {', '.join(absent)}")
