"""Time that `onoma train` needs to reach the dev F1 of Hugging Face `Trainer`, and F1 after equally many epochs.

    python benchmarks/time_to_f1.py [--corpora wnut17 bc5cdr] [--seeds 1 2 3] [--threads N] [--fast KEY=VALUE ...]

For each corpus and seed, every kind runs once, in turn, each in a separate process:

    trainer    `Trainer` with the recipe of `run_ner.py`, 3 epochs
    same       onoma for 3 epochs, all other settings at their defaults
    fast       onoma with the recipe for short training times, see docs/training.md; or with --fast, for all corpora

`Trainer` is evaluated with its last model, and its time covers only the training. The time of onoma is measured from
before the first step to the end of the first epoch whose dev F1 is at least that of `Trainer`, both with and without
the evaluations on dev. It is compared with the mean over the seeds of `Trainer`, and with the run with the same seed.
Two runs with the same seed are not otherwise related, so the first comparison is more informative. Processor time is
the sum over all threads; with one thread, on a machine shared with other work, it varies less than wall-clock time. F1
is exact F1 on the same words. `Trainer` is scored by seqeval; onoma by its own scorer, and at the end of a run by
seqeval as well.

The results of finished runs are appended to a file (--log) and reused, so an interrupted benchmark can be continued.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from results import DATA, write_result

from onoma.engine.events import EpochEnded, Event, Planned, Score, Stepped
from onoma.machine import available_cores
from onoma.models import TorchBackend
from onoma.tagger import Tagger
from onoma.text import Document
from onoma.training import TrainedModel, read_config, read_setting, run_training

CORPORA = {
    "wnut17": (DATA / "wnut17" / "wnut17train.conll", DATA / "wnut17" / "emerging.dev.conll"),
    "bc5cdr": (DATA / "bc5cdr" / "train.tsv", DATA / "bc5cdr" / "devel.tsv"),
}
KINDS = ("trainer", "same", "fast")
EPOCHS = 3
SAME = [f"training.epochs={EPOCHS}"]
ONCE = ["training.epochs=1", "training.head_learning_rate=1e-3"]
SMALL = ["training.batch_subwords=256", "training.freeze_layers=2", "training.class_weights={O=0.5}"]
LARGE = ["training.batch_subwords=512", "model.encoder_dropout=0"]
FAST = {
    "wnut17": [*ONCE, "training.learning_rate=2.5e-4", *SMALL],
    "bc5cdr": [*ONCE, "training.learning_rate=3e-4", *LARGE],
}
WANTED = 1 / 6

Result = dict[str, Any]


@dataclass(slots=True)
class Clocks:
    """Wall-clock time and processor time in seconds."""

    wall: float = 0.0
    processor: float = 0.0

    @classmethod
    def now(cls) -> Clocks:
        return cls(time.perf_counter(), time.process_time())

    def __sub__(self, other: Clocks) -> Clocks:
        return Clocks(self.wall - other.wall, self.processor - other.processor)

    def __add__(self, other: Clocks) -> Clocks:
        return Clocks(self.wall + other.wall, self.processor + other.processor)


class Stopwatch:
    """Event handler that records dev F1 and the time at the end of each epoch."""

    def __init__(self) -> None:
        self.epochs: list[Result] = []
        self.measuring = Clocks()

    def __call__(self, event: Event) -> None:
        match event:
            case Planned():
                self.plan = event
                self.started = Clocks.now()
            case Stepped():
                self.last_step = Clocks.now()
                self.subwords_per_second = event.subwords_per_second
            case EpochEnded(score=Score() as score):
                self.epoch_ended(score)

    def epoch_ended(self, score: Score) -> None:
        now = Clocks.now()
        self.measuring += now - self.last_step
        passed = now - self.started
        training = passed - self.measuring
        self.epochs.append(
            {
                "f1": score.value,
                "seconds": passed.wall,
                "processor_seconds": passed.processor,
                "training_seconds": training.wall,
                "training_processor_seconds": training.processor,
            }
        )


def ours(corpus: str, seed: int, sets: Sequence[str]) -> Result:
    """Train with onoma and evaluate on dev after each epoch."""
    train, dev = CORPORA[corpus]
    watch = Stopwatch()
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "data.train": str(train),
            "data.dev": str(dev),
            "training.seed": seed,
            "training.patience": 100,
            "output": f"{folder}/run",
        }
        settings |= map(read_setting, sets)
        trained = run_training(read_config(None, settings=settings), on_event=watch)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
    assert trained.state.score is not None
    return {
        "epochs": watch.epochs,
        "best_f1": trained.state.score.value,
        "best_f1_by_seqeval": seqeval_f1(trained, dev),
        "steps": watch.plan.steps,
        "batch_subwords": watch.plan.batch_subwords,
        "learning_rate": watch.plan.learning_rate,
        "subwords_per_second": watch.subwords_per_second,
        "peak_megabytes": peak,
    }


def seqeval_f1(trained: TrainedModel, dev: Path) -> float:
    """Return the F1 of the best weights on the same words and tags that `Trainer` is scored on."""
    import run_ner  # imported late: it imports transformers, which would add to the measured peak memory
    from seqeval.metrics import f1_score

    sentences = run_ner.read(dev)
    shown = [Document.from_words([words]) for words, _ in sentences]
    tagged = Tagger(trained.bundle, TorchBackend(trained.model)).tag_many(shown)
    return float(f1_score([gold for _, gold in sentences], [tags_of(document) for document in tagged]))


def tags_of(document: Document) -> list[str]:
    """Return the BIO tags of the words of a document."""
    words = document.words or ()
    tags = ["O"] * len(words)
    for entity in document.entities:
        inside = [number for number, word in enumerate(words) if entity.start <= word.start < entity.end]
        for number in inside:
            tags[number] = f"{'B' if number == inside[0] else 'I'}-{entity.label}"
    return tags


def trainer(corpus: str, seed: int) -> Result:
    """Train with `Trainer` and evaluate on dev."""
    import run_ner

    train, dev = CORPORA[corpus]
    arguments = argparse.Namespace(train=train, test=dev, encoder=run_ner.encoder_for("wnut17"), epochs=EPOCHS)
    return dict(run_ner.run(arguments, seed))


@dataclass(frozen=True, slots=True)
class Run:
    """A training run in a separate process."""

    kind: str
    corpus: str
    seed: int
    threads: int
    sets: tuple[str, ...]

    def key(self) -> Result:
        return {name: getattr(self, name) for name in ("kind", "corpus", "seed", "threads")} | {"sets": [*self.sets]}

    def result(self, log: Path) -> Result:
        """Return the result from the log, or execute the run and append its result to the log."""
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        for known in map(json.loads, lines):
            if known["run"] == self.key():
                return dict(known["result"])
        command = [sys.executable, __file__, "--one", json.dumps(self.key())]
        environment = os.environ | {"OMP_NUM_THREADS": str(self.threads)}
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
        result: Result = json.loads(done.stdout.splitlines()[-1])
        line = json.dumps({"run": self.key(), "result": result})
        print(line, file=sys.stderr, flush=True)
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        return result


def do(key: Result) -> Result:
    """Execute the run of a key in this process."""
    corpus, seed = str(key["corpus"]), int(str(key["seed"]))
    if key["kind"] == "trainer":
        return trainer(corpus, seed)
    return ours(corpus, seed, [str(each) for each in key["sets"]])


def compared(theirs: Result, ours: Result) -> Result:
    """Return the epochs that ours needs to reach the F1 of theirs, and its shares of their times; None if never."""
    epochs = ours["epochs"]
    reached = next((number for number, epoch in enumerate(epochs) if epoch["f1"] >= theirs["f1"]), None)
    names = ("seconds", "processor_seconds", "training_seconds", "training_processor_seconds")
    shares = {
        f"share_of_{name}": None if reached is None else epochs[reached][name] / theirs[name.removeprefix("training_")]
        for name in names
    }
    return {"epochs_to_f1": None if reached is None else reached + 1, **shares}


def mean(values: Sequence[float | None]) -> float | None:
    """Return the mean, or None if a value is None."""
    there = [value for value in values if value is not None]
    return statistics.mean(there) if len(there) == len(values) else None


def means(results: Sequence[Result]) -> Result:
    """Return the means of each entry over several results."""
    return {name: mean([each[name] for each in results]) for name in results[0]}


def summary(runs: dict[int, dict[str, Result]]) -> Result:
    """Summarize a corpus: mean F1, comparisons with the mean and the same seed of `Trainer`, and all runs."""
    theirs = {seed: of["trainer"] for seed, of in runs.items()}
    middle = means([{name: each[name] for name in ("f1", "seconds", "processor_seconds")} for each in theirs.values()])
    figures: Result = {"trainer_f1": middle["f1"]}
    for kind in [kind for kind in KINDS[1:] if all(kind in of for of in runs.values())]:
        ours = {seed: of[kind] for seed, of in runs.items()}
        figures[kind] = {
            "last_f1": mean([each["epochs"][-1]["f1"] for each in ours.values()]),
            "best_f1": mean([each["best_f1"] for each in ours.values()]),
            "to_mean_f1": means([compared(middle, each) for each in ours.values()]),
            "to_f1_of_same_seed": means([compared(theirs[seed], each) for seed, each in ours.items()]),
            "each_to_f1_of_same_seed": {seed: compared(theirs[seed], each) for seed, each in ours.items()},
        }
    return {**figures, "runs": runs}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", nargs="+", choices=CORPORA, default=[*CORPORA])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--threads", type=int, default=available_cores())
    parser.add_argument("--fast", nargs="+", metavar="KEY=VALUE", help="settings of the fast recipe")
    parser.add_argument("--log", type=Path, default=Path("runs/time_to_f1.jsonl"))
    parser.add_argument("--one", type=json.loads, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(do(arguments.one)))
        return
    fast = {corpus: arguments.fast or FAST[corpus] for corpus in arguments.corpora}
    runs: dict[str, dict[int, dict[str, Result]]] = {corpus: {} for corpus in arguments.corpora}
    for corpus, of_corpus in runs.items():
        sets = {"trainer": (), "same": tuple(SAME), "fast": tuple(fast[corpus])}
        for seed in arguments.seeds:
            of_corpus[seed] = {
                kind: Run(kind, corpus, seed, arguments.threads, sets[kind]).result(arguments.log)
                for kind in arguments.kinds
            }
    if "trainer" not in arguments.kinds:
        return  # only a part of the runs: there is nothing to compare with yet
    figures: Result = {
        "threads": arguments.threads,
        "epochs_of_trainer": EPOCHS,
        "wanted_share": WANTED,
        "fast": fast,
        **{corpus: summary(of_corpus) for corpus, of_corpus in runs.items()},
    }
    write_result("time_to_f1", figures)


if __name__ == "__main__":
    main()
