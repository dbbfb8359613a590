"""The training text as examples, which are built from the files once and cached on disk.

The cache key consists of the content and paths of the files, the options for reading them, the tokenizer, the windows,
the task, and a digest of the code involved. If any of these changes, the examples are built again.
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
from onoma.training.random_lengths import with_mixed_lengths
from onoma.training.tasks import Settings

_CODE = (
    "bundle/manifest.py",
    "io",
    "text",
    "schemes",
    "corpora",
    "encoding",
    "tasks",
    "training/augmenting.py",
    "training/corpus.py",
    "training/documents.py",
    "training/examples.py",
    "training/flat.py",
    "training/parts.py",
    "training/random_lengths.py",
    "training/tasks.py",
)


@dataclass(frozen=True, slots=True)
class TrainingText:
    """The examples of the training text, with information about the corpus.

    Attributes:
        examples: training examples, in the order of the corpus.
        task: task of the examples, with its labels.
        card: description of the corpus for the manifest.
        labels: number of entities by label.
        unusable: number of entities that had to be changed or left out, by reason.
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
    mixing_seed: int | None = None,
    capitals: float = 0.0,
    notice: Callable[[str], object],
    cache: Path | None = None,
) -> TrainingText:
    """Return the examples of files, from the cache or newly built. The labels of the task are sorted by name.

    Args:
        paths: files or folders.
        format: format of the files; None to detect it automatically.
        options: function that returns the options for reading each path.
        windower: cuts documents into windows.
        task: settings of the task.
        sample: sample of sentences to train on; None for all. The labels of the task are those of the whole files.
        mixing_seed: seed for joining the sentences to additional documents of random lengths; None to add none.
        capitals: share of the documents that are added as a copy in capital letters.
        notice: function called with messages about repaired or omitted text, also if the examples are from the cache.
        cache: folder of the cached examples; by default in the user's cache.

    Raises:
        InputError: a file cannot be used.
        ConfigError: an unannotated label does not occur in any file, or the corpus has fewer sentences than the sample.
    """
    digest = digest_of(paths)
    path_options = [options(path) for path in paths]
    unannotated = unannotated_sets(path_options)

    def build() -> Generator[Piece, None, str]:
        source = read_documents(paths, digest=digest, format=format, ways=path_options, sample=sample)
        documents = source.stream
        unusable: Counter[str] = Counter()
        if mixing_seed is not None:
            documents = with_mixed_lengths(documents, windower=windower, seed=mixing_seed)
        augmented = with_capitals(documents, share=capitals)
        labelled_task = task.make(sorted(source.labels), unannotated=unannotated)
        yield from flatten(make_examples(augmented, windower=windower, task=labelled_task, unusable=unusable))
        facts = _Facts(card=source.card, labels=source.labels, unusable=unusable, notices=source.notices)
        return msgspec.json.encode(facts).decode()

    modifications = {"sample": sample and asdict(sample), "mixed by": mixing_seed, "capitals": capitals}
    key = _cache_key(
        paths,
        digest=digest,
        format=format,
        path_options=path_options,
        windower=windower,
        task=task,
        modifications=modifications,
    )
    cached = cached_arrays(key, columns=COLUMNS, build=build, notice=notice, folder=cache)
    facts = msgspec.json.decode(cached.facts, type=_Facts)
    for text in facts.notices:
        notice(text)
    labels = Counter(facts.labels)
    labelled_task = task.make(sorted(labels), unannotated=unannotated)
    return TrainingText(Examples(**cached.arrays), labelled_task, facts.card, labels, Counter(facts.unusable))


class _Facts(Struct, frozen=True, kw_only=True):
    """Information about a corpus that is cached together with its examples."""

    card: DataCard
    labels: dict[str, int]
    unusable: dict[str, int]
    notices: list[str]


def _cache_key(
    paths: Sequence[Path],
    *,
    digest: str,
    format: str | None,
    path_options: Sequence[ReadOptions],
    windower: Windower,
    task: Settings,
    modifications: Mapping[str, object],
) -> str:
    files = [(str(file), file.stat().st_size) for path in paths for file in files_of(path)]
    tokenizer = hashlib.sha256(windower.subword_encoder.tokenizer.to_str().encode()).hexdigest()
    parts = {
        "files": files,
        "digest": digest,
        "format": format,
        "options": [asdict(each) | {"unannotated": sorted(each.unannotated)} for each in path_options],
        "tokenizer": tokenizer,
        "windower": [windower.window, windower.overlap, windower.subword_encoder.longest_word],
        "task": task.key(),
        "changed": dict(modifications),
        "code": code_digest(_CODE),
        "tokenizers": version("tokenizers"),
    }
    return json.dumps(parts, sort_keys=True)
