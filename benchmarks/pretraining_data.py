"""Corpora for the figures of pre-training: parts that stay the same, as files below ``runs/pretraining/data``."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from results import DATA

import onoma
from onoma.text import Document

HERE = Path("runs/pretraining")


@dataclass(frozen=True, slots=True)
class Parts:
    """The files of a corpus."""

    train: Path
    dev: Path
    test: Path


def corpus(name: str) -> Parts:
    """The parts of a corpus; wikigold, which has none, is split by article: 70 %, 10 % and 20 %."""
    if name == "wikigold":
        return _split_wikigold()
    folder = DATA / {"bc5cdr": "bc5cdr", "ncbi": "ncbi-disease", "wnut17": "wnut17"}[name]
    names = ("train.tsv", "devel.tsv", "test.tsv")
    if name == "wnut17":
        names = ("wnut17train.conll", "emerging.dev.conll", "emerging.test.annotated")
    return Parts(*(folder / each for each in names))


def some_sentences(name: str, count: int, *, seed: int, part: str = "train") -> Path:
    """So many sentences of a part of a corpus, others for each seed."""
    path = HERE / "data" / f"{name}-{part}-{count}-{seed}.conll"
    if not path.exists():
        documents = list(onoma.read(getattr(corpus(name), part)))
        _write(path, random.Random(seed).sample(documents, count))
    return path


def texts() -> list[Path]:
    """What a new encoder learns from: unlabelled text, and the text of train parts."""
    wikigold = corpus("wikigold").train
    btc = [DATA / "btc" / f"{section}.conll" for section in "abeg"]
    train = [corpus(name).train for name in ("wnut17", "bc5cdr", "ncbi")]
    others = [DATA / "wikiann" / "en.train", DATA / "sec-filings" / "FIN5.txt"]
    return [*unlabelled(), wikigold, *train, *btc, *others]


def unlabelled() -> list[Path]:
    """The files of unlabelled text."""
    return sorted((DATA / "unlabelled").glob("*.txt"))


def _split_wikigold() -> Parts:
    folder = HERE / "data"
    parts = Parts(*(folder / f"wikigold-{part}.conll" for part in ("train", "dev", "test")))
    if not parts.test.exists():
        documents = list(onoma.read(DATA / "wikigold" / "wikigold.conll.txt"))
        random.Random(1).shuffle(documents)
        dev, test = len(documents) * 7 // 10, len(documents) * 8 // 10
        for path, some in zip(
            (parts.train, parts.dev, parts.test), (documents[:dev], documents[dev:test], documents[test:]), strict=True
        ):
            _write(path, some)
    return parts


def _write(path: Path, documents: Sequence[Document] | Iterable[Document]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    onoma.write(documents, path)
