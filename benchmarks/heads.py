"""The CRF head beside the linear head: F1 at several seeds, and the speed of training and tagging, in turn.

    python benchmarks/heads.py [--corpora wnut17 bc5cdr] [--seeds 1 2 3] [--pairs 5] [--set KEY=VALUE ...]

Models are trained by `onoma train` with its defaults into runs/heads/CORPUS-HEAD-SEED; one that exists is used as it
is. The epoch is chosen on dev, and F1 is exact F1 on test. Speeds are measured apart from these runs: `training` is
subwords a second of one epoch, `tagging` words a second over the texts of test with the fp32 graph. Both are also
given as the ratio of the CRF to the linear head in one pair.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from results import DATA, write_result
from versions import HERE, environment, spread, train

from onoma.machine import usable_cores

HEADS = ("linear", "crf")
CORPORA = {
    "wnut17": [
        DATA / "wnut17" / name for name in ("wnut17train.conll", "emerging.dev.conll", "emerging.test.annotated")
    ],
    "bc5cdr": [DATA / "bc5cdr" / f"{name}.tsv" for name in ("train", "devel", "test")],
}
RUNS = Path("runs/heads")


def trained(corpus: str, head: str, seed: int, arguments: argparse.Namespace) -> Path:
    """The folder of a model, which is trained if it does not exist."""
    folder = RUNS / f"{corpus}-{head}-{seed}"
    if not (folder / "onoma.json").exists():
        parts = zip(("--train", "--dev", "--test"), map(str, CORPORA[corpus]), strict=True)
        sets = [f"model.head={head}", f"training.seed={seed}", *arguments.sets]
        options = [argument for pair in parts for argument in pair]
        options += [argument for each in sets for argument in ("--set", each)]
        command = [sys.executable, "-m", "onoma", "train", *options, "--output", str(folder)]
        subprocess.run(command, check=True, env=environment(HERE, arguments.threads))
    return folder


def figures_of(folder: Path) -> dict[str, float]:
    """F1 on dev and test, as the model's manifest has them."""
    manifest = json.loads((folder / "onoma.json").read_text(encoding="utf-8"))
    return {part: figures["f1"] for part, figures in manifest["provenance"]["figures"].items()}


def tagging(model: Path, test: Path, threads: int) -> float:
    """Words a second over the texts of test, in a process of its own."""
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", nargs="+", choices=CORPORA, default=[*CORPORA])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=usable_cores())
    parser.add_argument("--set", dest="sets", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--tag", type=Path, nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.tag is not None:
        model, test = arguments.tag
        print(tag(model, test, arguments.threads))
        return
    figures: dict[str, Any] = {"threads": arguments.threads, "settings": arguments.sets}
    for corpus in arguments.corpora:
        models = {head: [trained(corpus, head, seed, arguments) for seed in arguments.seeds] for head in HEADS}
        found = {head: [figures_of(folder) for folder in folders] for head, folders in models.items()}
        figures[corpus] = {
            head: {
                "test_f1": [each["test"] for each in of],
                "dev_f1": [each["dev"] for each in of],
                "mean_test_f1": statistics.mean(each["test"] for each in of),
                "deviation": statistics.stdev(each["test"] for each in of) if len(of) > 1 else None,
            }
            for head, of in found.items()
        }
        learnt: dict[str, list[float]] = {head: [] for head in HEADS}
        tagged: dict[str, list[float]] = {head: [] for head in HEADS}
        for _ in range(arguments.pairs):
            for head in HEADS:
                settings = [f"model.head={head}", "training.epochs=1", *arguments.sets]
                learnt[head].append(train(HERE, CORPORA[corpus][0], settings, arguments.threads))
                tagged[head].append(tagging(models[head][0], CORPORA[corpus][2], arguments.threads))
        for name, speeds in (("training", learnt), ("tagging", tagged)):
            of = spread(speeds["linear"], speeds["crf"])
            figures[corpus][name] = {"linear": of["before"], "crf": of["after"], "ratio": of["ratio"]}
    write_result(f"heads_{'_'.join(arguments.corpora)}", figures)


if __name__ == "__main__":
    main()
