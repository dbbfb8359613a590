"""How fast `onoma pretrain` and Hugging Face `Trainer` learn from masked subwords: the same encoder, text and threads.

    python benchmarks/pretraining_speed.py [--pairs 5] [--seconds 40] [--threads 2] [--encoders small mini]

`small` goes on with the encoder of that name and a new head; `mini` is a new one of 4 layers of 256 with 8,000
subwords. The text is what lies in `unlabelled`, one text a line. Each round runs every kind once, in turn, each in a
process of its own:

    ours           what `onoma pretrain` does by default (windows of 128, whole words, 15 %), without pairs of sentences
    defaults       `Trainer` with its defaults: batches of 8 lines, fp32
    best           `Trainer` with batches of 32 lines, grouped by length, bf16
    best_fp32      the same in fp32, which is faster where the processor does not multiply bf16 natively
    blocks         `Trainer` with batches of 32 blocks of 128 subwords, bf16
    blocks_fp32    the same in fp32

What they do is not quite the same. `Trainer` takes a line at a time by default, cut at 128 subwords, and pads it to the
longest of its batch; ours packs as many full sentences as a window holds. A subword costs more in a longer sequence,
and less where there is no padding. So `blocks` prepares the text as the example `run_mlm` does: all lines one after the
other, cut into blocks of 128 without regard to sentences, so that there is no padding either. That is the nearest to
ours. All of `Trainer` use `DataCollatorForLanguageModeling`, which masks subwords, not whole words; both mask 15 %.

Speed counts real subwords, special tokens included, padding not, by the clock on the wall; tokenizing and the first
steps do not count. Ours holds nothing out, so that nothing is measured between, and trains all weights from the first
step. In `ours_times` are the ratios within the rounds; `of_best` says which of each two precisions was the faster one.
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
from onoma.models.wheels import find_wheel

KINDS = ("ours", "defaults", "best", "best_fp32", "blocks", "blocks_fp32")
BEST = {"lines": ("best", "best_fp32"), "blocks": ("blocks", "blocks_fp32")}
ENCODERS = ("small", "mini")
WINDOW = 128
STEPS = 100_000
"""More than a run can do."""

VOCABULARY = 8_000
DATA_SETTINGS = {"data.documents": "lines", "data.held_out_share": 0}


class Stopwatch:
    """Ends a run after some seconds and keeps its speed, without the first steps."""

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
    """Pre-train with our defaults."""
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
    """Pre-train with `Trainer`."""
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
    """Each line that is not blank, cut at the window."""
    texts = [line for path in paths for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
    encoded = tokenizer(texts, truncation=True, max_length=WINDOW, return_special_tokens_mask=True)
    columns = ("input_ids", "attention_mask", "special_tokens_mask")
    return [dict(zip(columns, row, strict=True)) for row in zip(*(encoded[column] for column in columns), strict=True)]


def blocks(rows: list[dict[str, list[int]]]) -> list[dict[str, list[int]]]:
    """All rows one after the other, cut into blocks; what does not fill the last one is left out."""
    columns = {name: list(chain.from_iterable(row[name] for row in rows)) for name in rows[0]}
    count = len(columns["input_ids"]) // WINDOW
    return [
        {name: values[number * WINDOW : (number + 1) * WINDOW] for name, values in columns.items()}
        for number in range(count)
    ]


def make_encoder(name: str, folder: Path, *, text: list[Path]) -> None:
    """The encoder that all begin with."""
    if name == "small":
        shutil.copytree(find_wheel(name).parent, folder)
        return
    settings = {**DATA_SETTINGS, "model.vocabulary_size": VOCABULARY, "training.steps": 0}
    onoma.pretrain(text=text, shape=name, output=folder, settings=settings)


def compared(runs: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """What the runs of one encoder give."""
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
