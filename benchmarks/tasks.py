"""Multi-task learning of entities and parts of speech: effect on F1, and one model for both compared with two models.

    python benchmarks/tasks.py [--seeds 1 2 3] [--sizes 200 500 all] [--parts f1 speed] [--rounds 5] [--set KEY=VALUE]

The dev set of the English Web Treebank has both annotations on the same words. It is split by document into train, dev
and test (70 %, 10 % and 20 %), and each sentence becomes a document. `--sizes` are numbers of training sentences, a
different sample for each seed. Models use the encoder `small`, the head `crf` and the defaults of `onoma train`. The
best epoch is chosen by the F1 of entities on dev; for the model of only parts of speech, by its own F1.

1. `f1`: exact F1 of entities on test without and with part-of-speech tagging as a second task, and also with masked
   language modelling on the training text as an auxiliary task; and the accuracy of parts of speech of the joint model
   and of a separate model. Since a model needs entities, the separate model is trained on words as entities, with their
   parts of speech as labels.
2. `speed`: words per second on the test texts with one thread, measured in turn: of the entity model, of the joint
   model, and of the two separate models one after the other.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

from corpora import HERE, Parts, write_part
from results import DATA, spread, write_result
from runs import TomlModel, compared, do, mean_and_deviation, wait

import onoma
from onoma.corpora import ReadOptions
from onoma.engine.config import read_setting
from onoma.metrics import Accuracy, label_accuracy
from onoma.text import Document, Sentence

RUNS = Path("runs/tasks")
POS = "pos"
EWT = DATA / "ewt"
SETUPS = ("entities", "both", "helped", "pos")


def annotated() -> list[Document]:
    """Return the documents of the treebank with entities, and with parts of speech as a layer."""
    of_words = ReadOptions(labelled="words", tag_column="UPOS")
    trees = {tree.id: tree for tree in onoma.read(EWT / "en_ewt-ud-dev.conllu", options=of_words)}
    return [_with_layer(document, trees[document.id]) for document in onoma.read(EWT / "en_ewt-ud-dev.iob2")]


def _with_layer(document: Document, tree: Document) -> Document:
    """Return a document with the labels of another file, in which blanks and the bounds of three words differ."""
    ours, theirs = document.words or (), tree.words or ()
    labels = {span.start: span.label for span in tree.entities}
    by_letter = [labels.get(word.start) for word in theirs for _ in word.text]
    firsts = accumulate((len(word.text) for word in ours), initial=0)
    pairs = ((word, by_letter[first]) for word, first in zip(ours, firsts, strict=False))
    return document.with_layers({POS: [document.entity(word.start, word.end, label) for word, label in pairs if label]})


def by_sentence(documents: Iterable[Document]) -> Iterator[Document]:
    """Yield each sentence as a document."""
    for document in documents:
        for sentence in document.sentences or ():
            yield _cut(document, sentence)


def _cut(document: Document, sentence: Sentence) -> Document:
    start, end = sentence.start, sentence.end
    words = [word for word in document.words or () if start <= word.start < end]
    cut = Document(
        document.text[start:end],
        id=sentence.id,
        words=tuple(replace(word, start=word.start - start, end=word.end - start) for word in words),
        sentences=(Sentence(start=0, end=end - start),),
    )
    inside = [each for each in document.entities if start <= each.start < end]
    layer = [each for each in document.layers[POS] if start <= each.start < end]
    return cut.with_entities(
        cut.entity(each.start - start, each.end - start, each.label) for each in inside
    ).with_layers({POS: [cut.entity(each.start - start, each.end - start, each.label) for each in layer]})


def parts() -> Parts:
    """Return the files of train, dev and test, with one document per sentence."""
    found = Parts(*(HERE / f"ewt-both-{part}.jsonl" for part in ("train", "dev", "test")))
    if not found.test.exists():
        documents = annotated()
        random.Random(1).shuffle(documents)
        dev, test = len(documents) * 7 // 10, len(documents) * 8 // 10
        for path, some in zip(
            (found.train, found.dev, found.test), (documents[:dev], documents[dev:test], documents[test:]), strict=True
        ):
            write_part(path, by_sentence(some))
    return found


def some_sentences(path: Path, count: int | None, *, seed: int) -> Path:
    """Return a file with a random sample of ``count`` sentences, or the file itself if there is no count."""
    if count is None:
        return path
    chosen = path.with_name(f"{path.stem}-{count}-{seed}.jsonl")
    if not chosen.exists():
        write_part(chosen, random.Random(seed).sample(list(onoma.read(path)), count))
    return chosen


def of_words(path: Path) -> Path:
    """Return a file whose entities are the words, with their parts of speech as labels."""
    made = path.with_name(f"{path.stem}-words.jsonl")
    if not made.exists():
        write_part(made, (replace(each, entities=each.layers[POS], layers={}) for each in onoma.read(path)))
    return made


def model(setup: str, size: int | None, seed: int, settings: Mapping[str, object]) -> TomlModel:
    """Return the model to train for one of the ``SETUPS``."""
    whole = parts()
    files = [some_sentences(whole.train, size, seed=seed), whole.dev, whole.test]
    if setup == "pos":
        files = list(map(of_words, files))
    data = dict(zip(("train", "dev", "test"), files, strict=True))
    tasks: list[Mapping[str, object]] = []
    if setup in ("both", "helped"):
        tasks.append({"name": POS, "kind": "words", **data})
    if setup == "helped":
        tasks.append({"name": "masked", "kind": "mlm"})
    return TomlModel(
        RUNS / f"{setup}-{size or 'all'}-{seed}",
        data={**data, "skip_checks": setup == "pos"},
        model={"encoder": "small", "head": "crf"},
        training={"seed": seed, **settings},
        tasks=tasks,
    )


def accuracy(trained: TomlModel) -> float:
    """Return the accuracy of parts of speech on test in percent."""
    tagger = onoma.load(trained.folder, dtype="fp32")
    gold = list(onoma.read(parts().test))
    found = tagger.tag_many(replace(each, entities=(), layers={}) for each in gold)
    pairs = ((each.layers[POS], other.layers.get(POS, other.entities)) for each, other in zip(gold, found, strict=True))
    return 100 * sum((label_accuracy(*pair) for pair in pairs), Accuracy()).share


def f1(sizes: Sequence[int | None], seeds: Sequence[int], settings: Mapping[str, object]) -> dict[str, object]:
    runs = {(setup, size): [model(setup, size, seed, settings) for seed in seeds] for setup in SETUPS for size in sizes}
    every = [each for size in sizes for number in range(len(seeds)) for each in _of(runs, size, number)]
    do(every)
    wait(every)
    return {
        str(size or "all"): {
            "part of speech": compared(runs["both", size], runs["entities", size]),
            "part of speech and masked subwords": compared(runs["helped", size], runs["entities", size]),
            "accuracy, one model": mean_and_deviation([accuracy(each) for each in runs["both", size]]),
            "accuracy, a model for it": mean_and_deviation([accuracy(each) for each in runs["pos", size]]),
        }
        for size in sizes
    }


def _of(
    runs: Mapping[tuple[str, int | None], Sequence[TomlModel]], size: int | None, number: int
) -> Iterator[TomlModel]:
    """Return the models of one size and one seed."""
    return (runs[setup, size][number] for setup in SETUPS)


def speed(size: int | None, seed: int, settings: Mapping[str, object], *, rounds: int) -> dict[str, object]:
    chosen = {setup: model(setup, size, seed, settings) for setup in ("entities", "both", "pos")}
    do(list(chosen.values()))
    wait(list(chosen.values()))
    taggers = {setup: onoma.load(each.folder, dtype="fp32", threads=1) for setup, each in chosen.items()}
    texts = [replace(each, entities=(), layers={}) for each in onoma.read(parts().test)]
    words = sum(len(each.words or ()) for each in texts)
    for tagger in taggers.values():
        list(tagger.tag_many(texts[:64]))
    seconds: dict[str, list[float]] = {setup: [] for setup in taggers}
    for _ in range(rounds):
        for setup, tagger in taggers.items():
            started = time.process_time()
            list(tagger.tag_many(texts))
            seconds[setup].append(time.process_time() - started)
    two = [one + other for one, other in zip(seconds["entities"], seconds["pos"], strict=True)]
    return {
        "words a second": {
            "entities": spread([words / each for each in seconds["entities"]]),
            "one model for both": spread([words / each for each in seconds["both"]]),
            "two models": spread([words / each for each in two]),
        },
        "one model over entities alone": spread(
            [one / other for one, other in zip(seconds["entities"], seconds["both"], strict=True)]
        ),
        "one model over two": spread([both / one for one, both in zip(seconds["both"], two, strict=True)]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--sizes", nargs="+", default=["200", "500", "all"])
    parser.add_argument("--parts", nargs="+", choices=("f1", "speed"), default=["f1", "speed"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--set", dest="sets", action="append", default=[], metavar="KEY=VALUE")
    arguments = parser.parse_args()
    settings = {key.removeprefix("training."): value for key, value in map(read_setting, arguments.sets)}
    sizes = [None if size == "all" else int(size) for size in arguments.sizes]
    if "f1" in arguments.parts:
        write_result("tasks_f1", {"settings": arguments.sets, **f1(sizes, arguments.seeds, settings)})
    if "speed" in arguments.parts:
        found = speed(sizes[-1], arguments.seeds[0], settings, rounds=arguments.rounds)
        write_result("tasks_speed", {"settings": arguments.sets, **found})


if __name__ == "__main__":
    main()
