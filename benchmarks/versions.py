"""Comparison of two versions of onoma: predicted entities and speed with the same model, texts and machine, in turn.

    git worktree add ../before COMMIT
    python benchmarks/versions.py --before ../before/src [--texts 5000] [--pairs 5] [--model en]

Each version runs in separate processes with its own ``PYTHONPATH``. `entities` compares the predictions of both: the
number of texts that differ in the offsets or label of an entity, and the largest difference of a score. `tagging` is
words per second on the same texts, and `training` subwords per second in one epoch on WNUT 2017 in fp32. A ratio is the
speed of this version divided by that of the other version in the same pair of runs.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from results import DATA, write_result

from onoma.machine import available_cores

HERE = Path(__file__).parents[1] / "src"
SOURCES = ("unlabelled/gurez.10000.txt", "unlabelled/ile.10000.txt", "unlabelled/yt-filter.txt")
TRAIN = DATA / "wnut17" / "wnut17train.conll"


def texts(count: int) -> list[str]:
    """Return ``count`` texts: the documents of wikigold, and evenly spaced lines of the unlabelled corpora."""
    from onoma.corpora import read

    lines = [line for name in SOURCES for line in (DATA / name).read_text(encoding="utf-8").split("\n") if line]
    articles = [document.text for document in read(DATA / "wikigold" / "wikigold.conll.txt")]
    every = max(1, len(lines) // (count - len(articles)))
    return [*articles, *lines[::every]][:count]


def tag(model: str, path: Path, threads: int) -> dict[str, Any]:
    """Tag the texts of a file with the version that this process imports."""
    import onoma

    given = json.loads(path.read_text(encoding="utf-8"))
    tagger = onoma.load(model, threads=threads)
    list(tagger.tag_many(given[:64]))
    started = time.perf_counter()
    documents = list(tagger.tag_many(given))
    seconds = time.perf_counter() - started
    found = [[(each.start, each.end, each.label, each.score) for each in document.entities] for document in documents]
    return {"entities": found, "words_per_second": sum(len(text.split()) for text in given) / seconds}


def train(source: Path, corpus: Path, settings: list[str], threads: int) -> float:
    """Return the subwords per second of the last epoch, as printed by `onoma train`."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", "from onoma.cli import main; main()", "train", "--train", str(corpus)]
        sets = [argument for setting in settings for argument in ("--set", setting)]
        done = subprocess.run(
            [*command, *sets, "--output", f"{folder}/run"],
            check=True,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(source, threads),
        )
    speeds = re.findall(r"([\d,]+) subwords/s", done.stderr)
    return float(speeds[-1].replace(",", ""))


def environment(source: Path, threads: int) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(source), "OMP_NUM_THREADS": str(threads)}


def in_version(source: Path, arguments: argparse.Namespace, path: Path) -> dict[str, Any]:
    """Tag the texts of a file with a version, in a separate process."""
    command = [sys.executable, __file__, "--model", arguments.model, "--tag", str(path)]
    command += ["--threads", str(arguments.threads)]
    done = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, env=environment(source, arguments.threads)
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def compared(before: list[list[Any]], after: list[list[Any]]) -> dict[str, Any]:
    """Return how the entities of both versions differ."""
    pairs = list(zip(before, after, strict=True))
    same = [(old, new) for old, new in pairs if [each[:3] for each in old] == [each[:3] for each in new]]
    scores = [abs(one[3] - other[3]) for old, new in same for one, other in zip(old, new, strict=True)]
    return {
        "texts": len(pairs),
        "entities": sum(map(len, after)),
        "texts_that_differ": len(pairs) - len(same),
        "largest_difference_of_a_score": max(scores),
    }


def spread(before: list[float], after: list[float]) -> dict[str, Any]:
    ratios = [new / old for old, new in zip(before, after, strict=True)]
    return {
        "before": statistics.median(before),
        "after": statistics.median(after),
        "ratio": {"median": statistics.median(ratios), "least": min(ratios), "most": max(ratios)},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, help="the folder src of the other version")
    parser.add_argument("--model", default="en")
    parser.add_argument("--texts", type=int, default=5_000)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=available_cores())
    parser.add_argument("--set-before", nargs="*", default=["training.precision=fp32", "training.epochs=1"])
    parser.add_argument("--set-after", nargs="*", default=["training.dtype=fp32", "training.epochs=1"])
    parser.add_argument("--tag", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.tag is not None:
        print(json.dumps(tag(arguments.model, arguments.tag, arguments.threads)))
        return
    if arguments.before is None:
        parser.error("--before is missing")
    before = arguments.before.resolve()
    figures: dict[str, Any] = {"threads": arguments.threads, "model": Path(arguments.model).name}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "texts.json"
        path.write_text(json.dumps(texts(arguments.texts)), encoding="utf-8")
        tagged = [
            (in_version(before, arguments, path), in_version(HERE, arguments, path)) for _ in range(arguments.pairs)
        ]
    figures["entities"] = compared(tagged[0][0]["entities"], tagged[0][1]["entities"])
    figures["tagging"] = spread(*([each[side]["words_per_second"] for each in tagged] for side in (0, 1)))
    trained = [
        (
            train(before, TRAIN, arguments.set_before, arguments.threads),
            train(HERE, TRAIN, arguments.set_after, arguments.threads),
        )
        for _ in range(arguments.pairs)
    ]
    figures["training"] = spread(*([each[side] for each in trained] for side in (0, 1)))
    write_result("versions", figures)


if __name__ == "__main__":
    main()
