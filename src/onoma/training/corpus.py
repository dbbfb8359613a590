"""The text to learn from, as examples: read as a stream the first time, found in the cache ever after.

The cache's key holds the files' content and paths, how they are read, the tokenizer, how texts are cut, the scheme, and
the code that does all this; if any of it changes, the examples are made again.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from itertools import chain
from pathlib import Path

import msgspec
from msgspec import Struct

from onoma.bundle import DataCard
from onoma.corpora import Reading, ReadOptions, digest_of, draw_sentences, files_of, read
from onoma.encoding import Windower
from onoma.engine.cache import Piece, cached_arrays
from onoma.errors import ConfigError
from onoma.io.digest import code_digest
from onoma.tasks import AnyTask
from onoma.text import Document
from onoma.training.augmenting import with_capitals
from onoma.training.examples import make_examples
from onoma.training.flat import COLUMNS, Examples, flatten
from onoma.training.mixing import with_mixed_lengths
from onoma.training.parts import card_of, labels_of
from onoma.training.tasks import Settings

_READ_ONCE = 2_000_000
"""Characters; a corpus of fewer is kept between counting and cutting, a larger one is read twice."""

_FILES_NAMED = 3

_CODE = (
    "text",
    "schemes",
    "corpora",
    "encoding",
    "tasks",
    "training/augmenting.py",
    "training/examples.py",
    "training/flat.py",
    "training/mixing.py",
)


@dataclass(frozen=True, slots=True)
class Sample:
    """Some sentences of a corpus, drawn by a seed; see :func:`~onoma.corpora.draw_sentences`."""

    sentences: int
    seed: int


@dataclass(frozen=True, slots=True)
class TrainingText:
    """The examples and what they were made from.

    Attributes:
        examples: in the order of the corpus.
        task: what they are examples of.
        card: the corpus.
        labels: entities by label.
        unusable: entities that could not be used as they are, by reason.
    """

    examples: Examples
    task: AnyTask
    card: DataCard
    labels: Counter[str]
    unusable: Counter[str]


def read_training_text(
    paths: Sequence[Path],
    *,
    format: str | None,
    options: Callable[[Path], ReadOptions],
    windower: Windower,
    task: Settings,
    sample: Sample | None = None,
    mixed_by: int | None = None,
    capitals: float = 0.0,
    notice: Callable[[str], object],
    cache: Path | None = None,
) -> TrainingText:
    """The examples of some files, whose labels, sorted, make the model's labels.

    Args:
        paths: files or folders.
        format: the files' format; detected automatically where None.
        options: how each is read.
        windower: how documents are cut.
        task: which task is learnt.
        sample: which sentences are learnt; all where None. The model's labels are those of the whole files.
        mixed_by: seed with which sentences are also put in rows of mixed lengths; None where they are not.
        capitals: share of the documents that are also learnt in capitals.
        notice: called with what had to be repaired or left out, also if the examples came from the cache.
        cache: where the examples are kept; the user's own cache by default.

    Raises:
        InputError: a file cannot be used.
        ConfigError: a corpus is said to lack a label that no other has, or has fewer sentences than the sample.
    """
    digest = digest_of(paths)
    ways = [options(path) for path in paths]
    unannotated = sorted({each.unannotated for each in ways if each.unannotated}, key=sorted)

    def build() -> Generator[Piece, None, str]:
        readings = [read(path, format=format, options=how) for path, how in zip(paths, ways, strict=True)]
        documents = _read_once(readings)
        labels = labels_of(readings)
        _check_unannotated(unannotated, labels)
        card = card_of(paths, digest=digest, reports=[reading.report for reading in readings])
        if sample is not None:
            drawn = draw_sentences(documents, sample.sentences, seed=sample.seed)
            documents, card = iter(drawn), _counted(card, drawn)
        unusable: Counter[str] = Counter()
        if mixed_by is not None:
            documents = with_mixed_lengths(documents, windower=windower, seed=mixed_by)
        learnt = with_capitals(documents, share=capitals)
        made = task.make(sorted(labels), unannotated=unannotated)
        yield from flatten(make_examples(learnt, windower=windower, task=made, unusable=unusable))
        notices = [notice for reading in readings for notice in reading.notices()]
        if all(how.labelled == "spans" for how in ways):
            notices += _missing_labels(readings, ways)
        facts = _Facts(card=card, labels=labels, unusable=unusable, notices=notices)
        return msgspec.json.encode(facts).decode()

    changed = {"sample": sample and asdict(sample), "mixed by": mixed_by, "capitals": capitals}
    key = _key(paths, digest=digest, format=format, ways=ways, windower=windower, task=task, changed=changed)
    cached = cached_arrays(key, columns=COLUMNS, build=build, notice=notice, folder=cache)
    facts = msgspec.json.decode(cached.facts, type=_Facts)
    for text in facts.notices:
        notice(text)
    labels = Counter(facts.labels)
    made = task.make(sorted(labels), unannotated=unannotated)
    return TrainingText(Examples(**cached.arrays), made, facts.card, labels, Counter(facts.unusable))


def _counted(card: DataCard, documents: Sequence[Document]) -> DataCard:
    """The card of a corpus with the counts of some of its text."""
    return msgspec.structs.replace(
        card,
        documents=len(documents),
        words=None if card.words is None else sum(len(document.words or ()) for document in documents),
        entities=sum(len(document.entities) for document in documents),
    )


class _Facts(Struct, frozen=True, kw_only=True):
    """What is known of a corpus in addition to its examples."""

    card: DataCard
    labels: dict[str, int]
    unusable: dict[str, int]
    notices: list[str]


def _read_once(readings: Sequence[Reading]) -> Iterator[Document]:
    """Count through all corpora, then stream their documents: those kept meanwhile, or from the files again."""
    kept: list[Document] | None = []
    room = _READ_ONCE
    for document in chain.from_iterable(readings):
        room -= len(document.text)
        if room < 0:
            kept = None
        if kept is not None:
            kept.append(document)
    return chain.from_iterable(readings) if kept is None else iter(kept)


def _check_unannotated(unannotated: Sequence[frozenset[str]], labels: Counter[str]) -> None:
    for label in sorted(frozenset[str]().union(*unannotated) - labels.keys()):
        known = ", ".join(sorted(labels))
        raise ConfigError(f"data.corpora: no other file has the label {label!r}; choose from {known}")


def _missing_labels(readings: Sequence[Reading], ways: Sequence[ReadOptions]) -> Iterator[str]:
    """Notices of labels that other files have and some have not, though nothing says that they do not annotate them."""
    every = labels_of(readings).keys()
    files: dict[tuple[str, ...], list[str]] = {}
    for reading, how in zip(readings, ways, strict=True):
        missing = tuple(sorted(every - reading.report.labels.keys() - how.unannotated))
        files.setdefault(missing, []).append(str(reading.path))
    for missing, paths in files.items():
        if missing:
            more = f" and {len(paths) - _FILES_NAMED:,} more" if len(paths) > _FILES_NAMED else ""
            yield (
                f"{', '.join(paths[:_FILES_NAMED])}{more}: no entity has the label {', '.join(missing)}, as in other "
                "files; where it is not annotated, data.corpora can say so (unannotated), or its names count as none"
            )


def _key(
    paths: Sequence[Path],
    *,
    digest: str,
    format: str | None,
    ways: Sequence[ReadOptions],
    windower: Windower,
    task: Settings,
    changed: Mapping[str, object],
) -> str:
    files = [(str(file), file.stat().st_size) for path in paths for file in files_of(path)]
    tokenizer = hashlib.sha256(windower.subword_encoder.tokenizer.to_str().encode()).hexdigest()
    parts = {
        "files": files,
        "digest": digest,
        "format": format,
        "options": [asdict(each) | {"unannotated": sorted(each.unannotated)} for each in ways],
        "tokenizer": tokenizer,
        "windower": [windower.window, windower.overlap, windower.subword_encoder.longest_word],
        "task": task.key(),
        "changed": dict(changed),
        "code": code_digest(_CODE),
        "tokenizers": version("tokenizers"),
    }
    return json.dumps(parts, sort_keys=True)
