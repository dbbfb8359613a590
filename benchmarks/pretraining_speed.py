"""Speed of masked language modelling with `onoma pretrain` and Hugging Face `Trainer`: same encoder, text and threads.

    python benchmarks/pretraining_speed.py [--pairs 5] [--seconds 40] [--threads 2] [--encoders small mini]

`small` continues pre-training of the encoder of that name with a new head; `mini` is a new encoder with 4 layers,
hidden size 256 and 8,000 subwords. The text is the unlabelled text, one text per line. Each round runs every kind once,
in turn, each in a separate process:

    ours           `onoma pretrain` with its defaults (windows of 128, whole words, 15 %), without sentence pairs
    defaults       `Trainer` with its defaults: batches of 8 lines, fp32
    best           `Trainer` with batches of 32 lines, grouped by length, bf16
    best_fp32      the same in fp32, which is faster on processors without native bf16 multiplication
    blocks         `Trainer` with batches of 32 blocks of 128 subwords, bf16
    blocks_fp32    the same in fp32

The kinds do not do exactly the same. By default, `Trainer` uses each line as one sequence, truncated to 128 subwords
and padded to the longest in its batch; onoma packs as many complete sentences into a window as fit. A subword costs
more in a longer sequence, and less without padding. Therefore `blocks` prepares the text like the example `run_mlm`:
all lines are concatenated and cut into blocks of 128 subwords, regardless of sentences, so that there is no padding
either. This is closest to `ours`. All `Trainer` kinds use `DataCollatorForLanguageModeling`, which masks subwords
instead of whole words; all kinds mask 15 %.

Speed is the number of subwords per second of wall-clock time, with special tokens and without padding; tokenizing and
the first steps are not included. `ours` holds out no text, so that no evaluation interrupts the training, and trains
all weights from the first step. `ours_times` holds the speed ratios within the rounds; `of_best` names the faster dtype
of each pair.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import statistics
import tempfile
import time
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from pretraining_data import unlabelled
from results import spread, write_result
from train import measured, timed_trainer

import onoma
from onoma.engine.events import Event, Planned, Stepped
from onoma.models.packaged_encoders import find_packaged_encoder

KINDS = ("ours", "defaults", "best", "best_fp32", "blocks", "blocks_fp32")
BEST = {"lines": ("best", "best_fp32"), "blocks": ("blocks", "blocks_fp32")}
ENCODERS = ("small", "mini")
WINDOW = 128
STEPS = 100_000
"""More steps than a run can do in its time."""

VOCABULARY = 8_000
DATA_SETTINGS = {"data.documents": "lines", "data.held_out_share": 0}


class Stopwatch:
    """Event handler that ends a run after some seconds and records its speed, without the first steps."""

    def __init__(self, seconds: float, *, untimed: int) -> None:
        self.seconds, self.untimed = seconds, untimed
        self.started = self.before = 0.0
        self.result: dict[str, Any] = {}

    def __call__(self, event: Event) -> bool:
        match event:
            case Planned(dtype=dtype):
                self.result["dtype"] = f"{dtype.name}: {dtype.why}"
            case Stepped(number=number, subwords_per_second=speed, seconds=seconds):
                now, subwords = time.perf_counter(), speed * seconds
                if number <= self.untimed:
                    self.started, self.before = now, subwords
                    return False
                passed = now - self.started
                self.result |= {"steps": number, "subwords_per_second": (subwords - self.before) / passed}
                return passed > self.seconds
        return False


def ours(arguments: argparse.Namespace) -> dict[str, Any]:
    """Pre-train with `onoma pretrain` and return the speed."""
    watch = Stopwatch(arguments.seconds, untimed=arguments.untimed)
    with tempfile.TemporaryDirectory() as folder:
        onoma.pretrain(
            text=arguments.text,
            encoder=str(arguments.folder),
            output=f"{folder}/encoder",
            settings={
                **DATA_SETTINGS,
                "objective.window": WINDOW,
                "objective.sentence_pairs": "none",
                "training.steps": STEPS,
                "training.head_first": 0,
            },
            on_event=watch,
        )
    return watch.result


def trainer(arguments: argparse.Namespace) -> dict[str, Any]:
    """Pre-train with `Trainer` and return the speed."""
    from transformers import AutoModelForMaskedLM, AutoTokenizer, DataCollatorForLanguageModeling

    kind = arguments.one
    tokenizer = AutoTokenizer.from_pretrained(arguments.folder)
    rows = lines(arguments.text, tokenizer)
    return timed_trainer(
        AutoModelForMaskedLM.from_pretrained(arguments.folder),
        blocks(rows) if kind.startswith("blocks") else rows,
        DataCollatorForLanguageModeling(tokenizer),
        defaults=kind == "defaults",
        bf16=kind in ("best", "blocks"),
        seconds=arguments.seconds,
        untimed=arguments.untimed,
    )


def lines(paths: list[Path], tokenizer: Any) -> list[dict[str, list[int]]]:
    """Return each non-blank line as one tokenized row, truncated to the window."""
    texts = [line for path in paths for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
    encoded = tokenizer(texts, truncation=True, max_length=WINDOW, return_special_tokens_mask=True)
    columns = ("input_ids", "attention_mask", "special_tokens_mask")
    return [dict(zip(columns, row, strict=True)) for row in zip(*(encoded[column] for column in columns), strict=True)]


def blocks(rows: list[dict[str, list[int]]]) -> list[dict[str, list[int]]]:
    """Concatenate all rows and cut them into blocks of ``WINDOW`` subwords; an incomplete last block is dropped."""
    columns = {name: list(chain.from_iterable(row[name] for row in rows)) for name in rows[0]}
    count = len(columns["input_ids"]) // WINDOW
    return [
        {name: values[number * WINDOW : (number + 1) * WINDOW] for name, values in columns.items()}
        for number in range(count)
    ]


def make_encoder(name: str, folder: Path, *, text: list[Path]) -> None:
    """Write the encoder that all kinds start from."""
    if name == "small":
        shutil.copytree(find_packaged_encoder(name).parent, folder)
        return
    settings = {**DATA_SETTINGS, "model.vocabulary_size": VOCABULARY, "training.steps": 0}
    onoma.pretrain(text=text, shape=name, output=folder, settings=settings)


def compared(runs: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Return speed, memory and ratios of the runs of one encoder."""
    rates = {kind: [float(run["subwords_per_second"]) for run in done] for kind, done in runs.items()}
    figures: dict[str, Any] = {
        kind: {
            "subwords_per_second": spread(rates[kind]),
            "peak_megabytes": spread([float(run["peak_megabytes"]) for run in done]),
            "runs": done,
        }
        for kind, done in runs.items()
    }
    if "ours" in rates:
        figures["ours_times"] = {
            kind: spread([mine / theirs for mine, theirs in zip(rates["ours"], rates[kind], strict=True)])
            for kind in rates
            if kind != "ours"
        }
    figures["of_best"] = {
        name: max(known, key=lambda kind: statistics.median(rates[kind]))
        for name, kinds in BEST.items()
        if (known := [kind for kind in kinds if kind in rates])
    }
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--text", type=Path, nargs="+", default=unlabelled(), help="files with a text a line")
    parser.add_argument("--encoders", nargs="+", choices=ENCODERS, default=ENCODERS)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=40, help="of each run that count")
    parser.add_argument("--untimed", type=int, default=10, help="first steps that do not count")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--one", choices=KINDS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    if arguments.one:
        result = ours(arguments) if arguments.one == "ours" else trainer(arguments)
        result["peak_megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
        print(json.dumps(result))
        return
    figures: dict[str, Any] = {"threads": arguments.threads, "text": [path.name for path in arguments.text]}
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.encoders:
            encoder = Path(folder) / name
            make_encoder(name, encoder, text=arguments.text)
            runs: dict[str, list[dict[str, Any]]] = {kind: [] for kind in arguments.kinds}
            for _ in range(arguments.pairs):
                for kind, done in runs.items():
                    done.append(measured(kind, "--folder", str(encoder), threads=arguments.threads))
            figures[name] = compared(runs)
    write_result("pretraining_speed", figures)


if __name__ == "__main__":
    main()
