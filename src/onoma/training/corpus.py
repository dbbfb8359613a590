"""The text to learn from, as examples: read as a stream the first time, found in the cache ever after.

The cache's key holds the files' content and paths, how they are read, the tokenizer, how texts are cut, the scheme, and
the code that does all this; if any of it changes, the examples are made again.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import msgspec
from msgspec import Struct

from onoma.bundle import DataCard
from onoma.corpora import ReadOptions, digest_of, files_of
from onoma.encoding import Windower
from onoma.engine.cache import Piece, cached_arrays
from onoma.io.digest import code_digest
from onoma.tasks import AnyTask
from onoma.training.augmenting import with_capitals
from onoma.training.documents import TextSample, read_documents, unannotated_sets
from onoma.training.examples import make_examples
from onoma.training.flat import COLUMNS, Examples, flatten
from onoma.training.mixing import with_mixed_lengths
from onoma.training.tasks import Settings

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
    sample: TextSample | None = None,
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
    unannotated = unannotated_sets(ways)

    def build() -> Generator[Piece, None, str]:
        read = read_documents(paths, digest=digest, format=format, ways=ways, sample=sample)
        documents = read.stream
        unusable: Counter[str] = Counter()
        if mixed_by is not None:
            documents = with_mixed_lengths(documents, windower=windower, seed=mixed_by)
        learnt = with_capitals(documents, share=capitals)
        made = task.make(sorted(read.labels), unannotated=unannotated)
        yield from flatten(make_examples(learnt, windower=windower, task=made, unusable=unusable))
        facts = _Facts(card=read.card, labels=read.labels, unusable=unusable, notices=read.notices)
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


class _Facts(Struct, frozen=True, kw_only=True):
    """What is known of a corpus in addition to its examples."""

    card: DataCard
    labels: dict[str, int]
    unusable: dict[str, int]
    notices: list[str]


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
