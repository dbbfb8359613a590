"""Train, dev and test sets of the corpora that the benchmarks use; a corpus published in one part is split here.

Documents are shuffled with seed 1 and split into 70 %, 10 % and 20 %; in files without document boundaries each
sentence is a document. The files are written to ``runs/data``.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from results import DATA

import onoma
from onoma.corpora import ReadOptions
from onoma.text import Document, Entity

PARTS = {
    "wnut17": ("wnut17", "wnut17train.conll", "emerging.dev.conll", "emerging.test.annotated"),
    "bc5cdr": ("bc5cdr", "train.tsv", "devel.tsv", "test.tsv"),
    "ncbi": ("ncbi-disease", "train.tsv", "devel.tsv", "test.tsv"),
    "weibo": ("weibo", *(f"weiboNER_2nd_conll.{part}" for part in ("train", "dev", "test"))),
}
"""Corpora published with train, dev and test sets: folder and file names."""

WHOLE = {
    "wikigold": (DATA / "wikigold" / "wikigold.conll.txt", "conll"),
    "ewt": (DATA / "ewt" / "en_ewt-ud-dev.iob2", "conll"),
    "germeval": (DATA / "germeval2014" / "NER-de-dev.tsv", "jsonl"),
}
"""Corpora published in one part: file, and suffix of the files that its parts are written to."""

MULTILINGUAL = ("weibo", "germeval")
"""Corpora in languages other than English, which need the encoder `multilingual` instead of `small`."""

HERE = Path("runs/data")


@dataclass(frozen=True, slots=True)
class Parts:
    """Files of the train, dev and test sets of a corpus."""

    train: Path
    dev: Path
    test: Path


def corpus(name: str) -> Parts:
    """Return the parts of a corpus."""
    if name == "btc":
        return _broad_twitter()
    if name in PARTS:
        folder, *files = PARTS[name]
        return Parts(*(DATA / folder / file for file in files))
    source, suffix = WHOLE[name]
    return split(name, onoma.read(source), suffix=suffix)


def columns(name: str) -> Parts:
    """Return the parts of a corpus as files of words and BIO tags, without entities nested inside others."""
    options = ReadOptions(position_digit=name == "weibo")
    return changed(corpus(name), outermost, name=name, suffix="conll", options=options)


def changed(
    given: Parts, change: Callable[[Document], Document], *, name: str, suffix: str, options: ReadOptions | None = None
) -> Parts:
    """Write the parts of a corpus with ``change`` applied to each document, unless they exist.

    Args:
        given: parts to read.
        change: function applied to each document.
        name: prefix of the names of the written files.
        suffix: suffix of the written files.
        options: options for reading the given parts.
    """
    parts = Parts(*(HERE / f"{name}-{part}.{suffix}" for part in ("train", "dev", "test")))
    for source, path in zip((given.train, given.dev, given.test), (parts.train, parts.dev, parts.test), strict=True):
        if not path.exists():
            write_part(path, map(change, onoma.read(source, options=options or ReadOptions())))
    return parts


def outermost(document: Document) -> Document:
    """Return the document without the entities that are nested inside others."""
    inside = inner(document)
    return document.with_entities(each for each in document.entities if each not in inside)


def inner(document: Document) -> list[Entity]:
    """Return the entities of a document that are nested inside others."""
    found: list[Entity] = []
    end = 0
    for entity in document.entities:  # sorted by start, longer ones first
        if entity.end <= end:
            found.append(entity)
        end = max(end, entity.end)
    return found


def split(name: str, documents: Iterable[Document], *, suffix: str) -> Parts:
    """Split documents into train, dev and test sets and write them, unless the files exist.

    Args:
        name: prefix of the names of the written files.
        documents: documents to split; iterated over only if the files are missing.
        suffix: suffix of the written files.
    """
    parts = Parts(*(HERE / f"{name}-{part}.{suffix}" for part in ("train", "dev", "test")))
    if not parts.test.exists():
        shuffled = list(documents)
        random.Random(1).shuffle(shuffled)
        dev, test = len(shuffled) * 7 // 10, len(shuffled) * 8 // 10
        write_part(parts.train, shuffled[:dev])
        write_part(parts.dev, shuffled[dev:test])
        write_part(parts.test, shuffled[test:])
    return parts


def _broad_twitter() -> Parts:
    """Return the Broad Twitter Corpus: train a, b, e, g and half of h; dev the other half of h; test f."""
    parts = Parts(HERE / "btc-train.conll", HERE / "btc-dev.conll", DATA / "btc" / "f.conll")
    if not parts.dev.exists():
        sections = {name: list(onoma.read(DATA / "btc" / f"{name}.conll")) for name in "abegh"}
        last = sections.pop("h")
        write_part(parts.train, [*chain.from_iterable(sections.values()), *last[: len(last) // 2]])
        write_part(parts.dev, last[len(last) // 2 :])
    return parts


def write_part(path: Path, documents: Iterable[Document]) -> None:
    """Write documents to a file, and create its folder if needed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    onoma.write(documents, path, overwrite=True)
