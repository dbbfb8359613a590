"""F1 of `onoma train` with its defaults on WNUT 2017, on the words of the test set and on its raw text.

    python benchmarks/wnut17.py [--data FOLDER] [--seeds 1 2 3]

FOLDER holds wnut17train.conll, emerging.dev.conll and emerging.test.annotated. For each seed, a model is trained by the
command line, as a user would do it, into runs/wnut17-SEED. It is evaluated on the test set twice: with the given words,
and on the raw text (words joined by blanks). `benchmarks/run_ner.py` measures the reference results.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

from results import DATA, write_result

ONOMA = [sys.executable, "-m", "onoma"]


def train(data: Path, seed: int, sets: list[str]) -> tuple[Path, float]:
    """Train by the command line; return the model folder and the duration of the command in seconds."""
    output = Path(f"runs/wnut17-{seed}")
    started = time.perf_counter()
    subprocess.run(
        [
            *ONOMA, "train", "--train", str(data / "wnut17train.conll"), "--dev", str(data / "emerging.dev.conll"),
            "--encoder", "small", "--output", str(output), "--overwrite", "--set", f"training.seed={seed}",
            *(word for setting in sets for word in ("--set", setting)),
        ],
        check=True,
    )  # fmt: skip
    return output, time.perf_counter() - started


def test_f1(model: Path, test: Path, *options: str) -> float:
    """Evaluate by the command line and return exact F1 on test."""
    command = [*ONOMA, "evaluate", str(model), str(test), "--json", *options]
    report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return float(report["exact"]["f1"])


def dev_f1(model: Path) -> float:
    """Return the F1 on dev that is stored in the manifest of the model."""
    manifest = json.loads((model / "onoma.json").read_text(encoding="utf-8"))
    return float(manifest["provenance"]["figures"]["dev"]["f1"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA / "wnut17")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--set", dest="sets", action="append", default=[], metavar="KEY=VALUE")
    arguments = parser.parse_args()
    test = arguments.data / "emerging.test.annotated"
    runs = []
    for seed in arguments.seeds:
        model, seconds = train(arguments.data, seed, arguments.sets)
        runs.append(
            {
                "seed": seed,
                "seconds": seconds,
                "dev_f1": dev_f1(model),
                "test_f1": test_f1(model, test),
                "test_f1_raw": test_f1(model, test, "--raw"),
            }
        )
    means = {f"mean_{key}": statistics.mean(run[key] for run in runs) for key in ("test_f1", "test_f1_raw", "dev_f1")}
    difference = max(abs(run["test_f1"] - run["test_f1_raw"]) for run in runs)
    write_result("wnut17", {"runs": runs, **means, "largest_raw_difference": difference})


if __name__ == "__main__":
    main()
