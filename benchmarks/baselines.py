"""Comparison of the baselines CRF, BiLSTM-CRF and gazetteer: F1, training time and tagging speed.

    python benchmarks/baselines.py [--corpora wnut17 wikigold …] [--kinds crf bilstm gazetteer] [--seeds 1]
        [--set KEY=VALUE ...]

Models are trained by `onoma train --encoder KIND` with its defaults into runs/baselines/CORPUS-KIND-SEED. An existing
model is reused, and several processes may train at once. F1 is exact F1. `training` is the processor time of the whole
command in seconds, including the evaluation on dev and test. `tagging` is the number of words per second of processor
time on the test texts, with the given words, in one thread; each text is tagged only once. Processor time is reported
because it hardly depends on other processes on the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from corpora import PARTS, WHOLE, corpus
from results import write_result
from runs import Model, do, mean_and_deviation, settings_suffix, wait
from versions import HERE, environment

KINDS = ("crf", "bilstm", "gazetteer")
RUNS = Path("runs/baselines")


def model(name: str, kind: str, seed: int, settings: dict[str, str]) -> Model:
    folder = RUNS / f"{name}-{kind}-{seed}{settings_suffix(settings)}"
    return Model(folder, corpus(name), kind, {"training.seed": seed, **settings})


def train(one: Model) -> None:
    """Train a model unless it exists, and save the processor time in seconds."""
    before = os.times()
    do([one])
    after = os.times()
    seconds = after.children_user + after.children_system - before.children_user - before.children_system
    if seconds > 1 and (one.folder / one.mark).exists():
        _seconds(one).write_text(json.dumps(seconds), encoding="utf-8")


def _seconds(one: Model) -> Path:
    return one.folder.with_name(f"{one.folder.name}.seconds.json")


def tagging(one: Model) -> float:
    """Return the tagging speed in words per second, measured in a separate process."""
    command = [sys.executable, __file__, "--tag", str(one.folder), str(one.parts.test)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment(HERE, 1))
    return float(done.stdout)


def tag(folder: Path, test: Path) -> float:
    import onoma

    documents = [document.with_entities(()) for document in onoma.read(test)]
    tagger = onoma.load(folder, threads=1)
    tagger.tag("Angela Merkel visited Lyon.")
    started = time.process_time()
    tagged = list(tagger.tag_many(documents))
    seconds = time.process_time() - started
    return sum(len(document.words or ()) for document in tagged) / seconds


def figures(models: list[Model]) -> dict[str, object]:
    """Return F1, training time, tagging speed and size of the models of all seeds."""
    seconds = [json.loads(path.read_text(encoding="utf-8")) for path in map(_seconds, models) if path.exists()]
    return {
        "dev": mean_and_deviation([one.f1("dev") for one in models]),
        "test": mean_and_deviation([one.f1() for one in models]),
        "training": mean_and_deviation(seconds) if seconds else None,
        "tagging": round(tagging(models[0])),
        "megabytes": round(sum(file.stat().st_size for file in models[0].folder.glob("model.*")) / 1e6, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", nargs="+", choices=[*PARTS, *WHOLE, "btc"], default=["wnut17", "wikigold"])
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=[*KINDS])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--set", dest="sets", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--tag", nargs=2, type=Path, metavar=("MODEL", "TEST"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.tag:
        print(tag(*given.tag))
        return
    settings = dict(each.split("=", 1) for each in given.sets)
    models = {
        (name, kind): [model(name, kind, seed, settings) for seed in given.seeds]
        for name in given.corpora
        for kind in given.kinds
    }
    every = [one for each in models.values() for one in each]
    for one in every:
        train(one)
    wait(every)
    found = {name: {kind: figures(models[name, kind]) for kind in given.kinds} for name in given.corpora}
    write_result("baselines", {"settings": settings, "corpora": found})


if __name__ == "__main__":
    main()
