"""Comparison of the heads: F1 over several seeds, and the speed of training and tagging, measured in turn.

    python benchmarks/heads.py [--corpora wnut17 bc5cdr …] [--heads linear crf span] [--seeds 1 2 3] [--pairs 5]
        [--set KEY=VALUE ...]

Models are trained by `onoma train` with its defaults into runs/heads/CORPUS-HEAD-SEED; runs.py describes how they are
shared and reused. The best epoch is chosen on dev, F1 is exact F1 on test. `weibo` and `germeval` (outer entities only)
are trained with the encoder `multilingual`, the others with `small`. Speeds are measured separately from these runs,
and not at all with `--pairs 0`: `training` is subwords per second in one epoch, `tagging` is words per second on the
test texts with the fp32 graph. Both are also reported as the ratio to the first head in the same round. The gain of a
head over the first head is the difference between models with the same seed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from corpora import MULTILINGUAL, Parts, columns, corpus
from known import sources
from results import write_result
from runs import Model, compared, do, mean_and_deviation, settings_suffix, wait
from versions import HERE, environment, spread, train

from onoma.machine import available_cores

HEADS = ("linear", "crf", "span")
CORPORA = ("wnut17", "bc5cdr", "ncbi", "wikigold", "weibo", "germeval")
RUNS = Path("runs/heads")


def parts_of(name: str) -> Parts:
    """Return the files of a corpus, without nested entities."""
    return columns(name) if name in MULTILINGUAL else corpus(name)


def model(name: str, head: str, seed: int, settings: dict[str, str]) -> Model:
    encoder = "multilingual" if name in MULTILINGUAL else "small"
    return Model(
        RUNS / f"{name}-{head}-{seed}{settings_suffix(settings)}",
        parts_of(name),
        encoder,
        {"model.head": head, "training.seed": seed, **settings},
    )


def tagging(model: Path, test: Path, threads: int) -> float:
    """Return words per second on the test texts, measured in a separate process."""
    command = [sys.executable, __file__, "--tag", str(model), str(test), "--threads", str(threads)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment(HERE, threads))
    return float(done.stdout)


def tag(model: Path, test: Path, threads: int) -> float:
    import onoma

    documents = [document.with_entities(()) for document in onoma.read(test)]
    tagger = onoma.load(model, dtype="fp32", threads=threads)
    list(tagger.tag_many(documents[:64]))
    started = time.perf_counter()
    tagged = list(tagger.tag_many(documents))
    seconds = time.perf_counter() - started
    return sum(len(document.words or ()) for document in tagged) / seconds


def speeds(name: str, models: dict[str, Model], pairs: int, threads: int, settings: dict[str, str]) -> dict[str, Any]:
    """Measure the training and tagging speed of all heads in turn, ``pairs`` times."""
    parts = parts_of(name)
    learnt: dict[str, list[float]] = {head: [] for head in models}
    tagged: dict[str, list[float]] = {head: [] for head in models}
    for _ in range(pairs):
        for head, one in models.items():
            chosen = {"model.encoder": one.encoder, "model.head": head, "training.epochs": 1, **settings}
            given = [f"{key}={value}" for key, value in chosen.items()]
            learnt[head].append(train(HERE, parts.train, given, threads))
            tagged[head].append(tagging(one.folder, parts.test, threads))
    first, *others = models
    found: dict[str, Any] = {}
    for kind, each in (("training", learnt), ("tagging", tagged)):
        of = {head: spread(each[first], each[head]) for head in (first, *others)}
        found[kind] = {head: {"speed": one["after"], "ratio": one["ratio"]} for head, one in of.items()}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", nargs="+", choices=CORPORA, default=[*CORPORA])
    parser.add_argument("--heads", nargs="+", choices=HEADS, default=[*HEADS])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=available_cores())
    parser.add_argument("--set", dest="sets", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--tag", type=Path, nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.tag is not None:
        folder, test = arguments.tag
        print(tag(folder, test, arguments.threads))
        return
    settings = dict(each.split("=", 1) for each in arguments.sets)
    models = {
        name: {head: [model(name, head, seed, settings) for seed in arguments.seeds] for head in arguments.heads}
        for name in arguments.corpora
    }
    every = [each for heads in models.values() for seeds in zip(*heads.values(), strict=True) for each in seeds]
    do(every, figures_only=not arguments.pairs)
    wait(every)
    figures: dict[str, Any] = {"threads": arguments.threads, "settings": settings}
    for name, heads in models.items():
        first, *others = heads
        figures[name] = {
            head: {part: mean_and_deviation([one.f1(part) for one in of]) for part in ("dev", "test")}
            for head, of in heads.items()
        }
        figures[name]["gains"] = {head: compared(heads[head], heads[first])["difference"] for head in others}
        figures[name]["done"] = sources([one for of in heads.values() for one in of])
        if arguments.pairs:
            some = {head: of[0] for head, of in heads.items()}
            figures[name] |= speeds(name, some, arguments.pairs, arguments.threads, settings)
    write_result(f"heads_{'_'.join(arguments.corpora)}{settings_suffix(settings)}", figures)


if __name__ == "__main__":
    main()
