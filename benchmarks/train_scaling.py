"""Scaling of training time, speed and memory with the size of the corpus and the length of its texts.

    python benchmarks/train_scaling.py [--rounds 3] [--threads N] [--encoder small]

Each measurement is one epoch in a separate process, in batches of 1,024 subwords, timed from before the first step to
the end of the last step. Each is repeated once per round, in turn, and the median is reported. Processor time is the
sum over all threads.

    corpus     the first 1/8, 1/4, 1/2 and the whole training set of BC5CDR: seconds and memory
    length     synthetic texts that fill windows of 16 to 512 subwords: speed
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from results import DATA, write_result

from onoma.engine.events import Ended, Event, Planned
from onoma.machine import available_cores
from onoma.models import load_pretrained
from onoma.training import read_config, run_training

CORPUS = DATA / "bc5cdr" / "train.tsv"
PARTS = (1, 2, 4, 8)
LENGTHS = (16, 32, 64, 128, 256, 512)
BATCH = 1_024
SUBWORDS = 20 * BATCH


class Meter:
    """Event handler that records the start and end time of a run."""

    def __call__(self, event: Event) -> None:
        match event:
            case Planned():
                self.subwords = event.subwords
                self.started = time.perf_counter(), time.process_time()
            case Ended():
                self.stopped = time.perf_counter(), time.process_time()


def measure(text: str, arguments: argparse.Namespace) -> dict[str, float]:
    """Measure one epoch on a training text."""
    meter = Meter()
    with tempfile.TemporaryDirectory() as folder:
        train = Path(folder) / "train.tsv"
        train.write_text(text, encoding="utf-8")
        settings = {
            "data.train": str(train),
            "model.encoder": arguments.encoder,
            "model.window": 512,
            "training.epochs": 1,
            "training.batch_subwords": BATCH,
            "output": f"{folder}/run",
        }
        run_training(read_config(None, settings=settings), on_event=meter)
    seconds, processor = (end - start for start, end in zip(meter.started, meter.stopped, strict=True))
    return {
        "subwords": meter.subwords,
        "seconds": seconds,
        "processor_seconds": processor,
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024,
    }


def part_of_corpus(eighths: int) -> str:
    sentences = CORPUS.read_text(encoding="utf-8").split("\n\n")
    return "\n\n".join(sentences[: len(sentences) * eighths // 8])


def texts_of_length(length: int, encoder: str) -> str:
    """Return texts of one-subword words, each of which fills a window together with its two special tokens."""
    vocabulary = load_pretrained(encoder).tokenizer.get_vocab()
    words = sorted(piece for piece in vocabulary if piece.isascii() and piece.isalpha() and piece.islower())
    draw = random.Random(length)
    lines = [f"{draw.choice(words)}\t{draw.choice(('O', 'B-PER'))}\n" for _ in range(SUBWORDS)]
    width = length - 2
    texts = ["".join(lines[text * width : (text + 1) * width]) for text in range(SUBWORDS // length)]
    return "\n".join(texts)


def measured(what: str, size: int, arguments: argparse.Namespace) -> dict[str, float]:
    command = [sys.executable, __file__, "--one", what, str(size), *sys.argv[1:]]
    threads = {"OMP_NUM_THREADS": str(arguments.threads)}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ | threads)
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    print(what, size, json.dumps(result), file=sys.stderr, flush=True)
    return result


def medians(rounds: list[dict[str, float]]) -> dict[str, float]:
    """Return the medians over the rounds of a measurement, and the speed."""
    found = {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}
    return found | {
        "subwords_per_second": found["subwords"] / found["seconds"],
        "subwords_per_processor_second": found["subwords"] / found["processor_seconds"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--encoder", default="small")
    parser.add_argument("--threads", type=int, default=available_cores())
    parser.add_argument("--one", nargs=2, metavar=("WHAT", "SIZE"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        what, size = arguments.one[0], int(arguments.one[1])
        text = part_of_corpus(size) if what == "corpus" else texts_of_length(size, arguments.encoder)
        print(json.dumps(measure(text, arguments)))
        return
    sizes = {"corpus": PARTS, "length": LENGTHS}
    runs: dict[str, dict[int, list[dict[str, float]]]] = {what: {size: [] for size in of} for what, of in sizes.items()}
    for _ in range(arguments.rounds):
        for what, of in runs.items():
            for size, done in of.items():
                done.append(measured(what, size, arguments))
    write_result(
        "train_scaling",
        {
            "threads": arguments.threads,
            "encoder": arguments.encoder,
            "batch_subwords": BATCH,
            "rounds": arguments.rounds,
            "corpus_eighths": {size: medians(done) for size, done in runs["corpus"].items()},
            "length": {size: medians(done) for size, done in runs["length"].items()},
        },
    )


if __name__ == "__main__":
    main()
