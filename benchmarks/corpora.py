"""The real corpora of benchmarks: train, dev and test, always the same, split here where they come in one part.

A split is by document where there are documents, in an order that the seed 1 decides: 70 %, 10 % and 20 %. Its files
lie below ``runs/data``.
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
"""Corpora that come in three parts."""

WHOLE = {
    "wikigold": (DATA / "wikigold" / "wikigold.conll.txt", "conll"),
    "ewt": (DATA / "ewt" / "en_ewt-ud-dev.iob2", "conll"),
    "germeval": (DATA / "germeval2014" / "NER-de-dev.tsv", "jsonl"),
}
"""Corpora that come in one part, and the suffix under which their parts are written."""

MULTILINGUAL = ("weibo", "germeval")
"""Corpora in other languages than English, for which the encoder is `multilingual` and not `small`."""

HERE = Path("runs/data")


@dataclass(frozen=True, slots=True)
class Parts:
    """The files of a corpus."""

    train: Path
    dev: Path
    test: Path


def corpus(name: str) -> Parts:
    """The parts of a corpus."""
    if name == "btc":
        return _broad_twitter()
    if name in PARTS:
        folder, *files = PARTS[name]
        return Parts(*(DATA / folder / file for file in files))
    source, suffix = WHOLE[name]
    return split(name, onoma.read(source), suffix=suffix)


def columns(name: str) -> Parts:
    """The parts of a corpus as words and BIO tags, without entities that are inside others."""
    options = ReadOptions(position_digit=name == "weibo")
    return changed(corpus(name), outermost, name=name, suffix="conll", options=options)


def changed(
    given: Parts, change: Callable[[Document], Document], *, name: str, suffix: str, options: ReadOptions | None = None
) -> Parts:
    """Write the parts of a corpus with each document changed, unless they exist.

    Args:
        given: what is read.
        change: of each document.
        name: begins the names of the files.
        suffix: of the files.
        options: how the given parts are read.
    """
    parts = Parts(*(HERE / f"{name}-{part}.{suffix}" for part in ("train", "dev", "test")))
    for source, path in zip((given.train, given.dev, given.test), (parts.train, parts.dev, parts.test), strict=True):
        if not path.exists():
            write_part(path, map(change, onoma.read(source, options=options or ReadOptions())))
    return parts


def outermost(document: Document) -> Document:
    """A document without the entities that are inside others."""
    inside = inner(document)
    return document.with_entities(each for each in document.entities if each not in inside)


def inner(document: Document) -> list[Entity]:
    """The entities of a document that are inside others."""
    found: list[Entity] = []
    end = 0
    for entity in document.entities:  # by start, the longer one first
        if entity.end <= end:
            found.append(entity)
        end = max(end, entity.end)
    return found


def split(name: str, documents: Iterable[Document], *, suffix: str) -> Parts:
    """Write the parts of a corpus, unless they exist.

    Args:
        name: begins the names of the files.
        documents: read only where the files are missing.
        suffix: of the files.
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
    """Sections a, b, e, g and half of h; the other half; section f."""
    parts = Parts(HERE / "btc-train.conll", HERE / "btc-dev.conll", DATA / "btc" / "f.conll")
    if not parts.dev.exists():
        sections = {name: list(onoma.read(DATA / "btc" / f"{name}.conll")) for name in "abegh"}
        last = sections.pop("h")
        write_part(parts.train, [*chain.from_iterable(sections.values()), *last[: len(last) // 2]])
        write_part(parts.dev, last[len(last) // 2 :])
    return parts


def write_part(path: Path, documents: Iterable[Document]) -> None:
    """Write documents to a file whose folder may not exist yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    onoma.write(documents, path)
