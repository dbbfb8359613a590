"""Fine-tuning speed of `onoma train` and Hugging Face `Trainer`: same corpus, encoder, machine and threads, in turn.

    python benchmarks/train.py [--pairs 5] [--seconds 60] [--threads N] [--train FILE ...] [--encoder small]

Each round runs every kind once, each in a separate process, for `--seconds` of training from the first step:

    ours           `onoma train` with its defaults
    defaults       `Trainer` with the recipe of `run_ner`: batches of 8, fp32
    best           `Trainer` with batches of 32, grouped by length, bf16
    best_fp32      the same in fp32, which is faster on processors without native bf16 multiplication

All kinds train on the same windows of the same text. Speed is the number of subwords per second, without padding.
Grouping by length starts with the longest windows, so a run should last a minute. Memory is the peak memory of the
process, including libraries and corpus. `of_products` relates the floating-point operations per second of the encoder's
matrix products, 6 per weight and subword, to the speed of such products alone with the same threads and dtype.
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
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from results import DATA, spread, write_result

from onoma.corpora import read
from onoma.encoding import SubwordEncoder, Windower
from onoma.engine.events import Event, Planned, Stepped
from onoma.machine import available_cores
from onoma.models import load_pretrained
from onoma.models.packaged_encoders import PACKAGED_ENCODERS, find_packaged_encoder
from onoma.schemes import SCHEMES
from onoma.tasks import TagTask
from onoma.training import read_config, read_setting, run_training
from onoma.training.examples import Example, make_examples

KINDS = ("ours", "defaults", "best", "best_fp32")
TRAIN = [DATA / "wnut17" / "wnut17train.conll", DATA / "wikigold" / "wikigold.conll.txt"]
WINDOW, OVERLAP = 128, 48


class Stopwatch:
    """Event handler that ends a run after some seconds and records its speed."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.started = 0.0
        self.result: dict[str, Any] = {}

    def __call__(self, event: Event) -> bool:
        match event:
            case Planned(dtype=dtype):
                self.result["dtype"] = f"{dtype.name}: {dtype.why}"
            case Stepped(number=number, subwords_per_second=speed):
                self.started = self.started or time.perf_counter()
                self.result |= {"steps": number, "subwords_per_second": speed}
                return time.perf_counter() - self.started > self.seconds
        return False


def ours(arguments: argparse.Namespace) -> dict[str, Any]:
    """Train with the defaults of `onoma train` and return the speed."""
    watch = Stopwatch(arguments.seconds)
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "data.train": [str(path) for path in arguments.train],
            "model.encoder": arguments.encoder,
            "model.window": WINDOW,
            "model.overlap": OVERLAP,
            "training.epochs": 1_000,
            "output": f"{folder}/run",
        }
        settings |= map(read_setting, arguments.sets)
        run_training(read_config(None, settings=settings), on_event=watch)
    return watch.result


def trainer(arguments: argparse.Namespace) -> dict[str, Any]:
    """Train with `Trainer` and return the speed."""
    from transformers import AutoModelForTokenClassification, AutoTokenizer, DataCollatorForTokenClassification

    folder = (
        find_packaged_encoder(arguments.encoder).parent if arguments.encoder in PACKAGED_ENCODERS else arguments.encoder
    )
    rows, tags = examples(arguments)
    return timed_trainer(
        AutoModelForTokenClassification.from_pretrained(folder, num_labels=tags),
        rows,
        DataCollatorForTokenClassification(AutoTokenizer.from_pretrained(folder)),
        defaults=arguments.one == "defaults",
        bf16=arguments.one == "best",
        seconds=arguments.seconds,
    )


def timed_trainer(
    model: Any,
    rows: list[Any],
    collate: Callable[[list[Any]], dict[str, Any]],
    *,
    defaults: bool,
    bf16: bool,
    seconds: float,
    untimed: int = 0,
) -> dict[str, Any]:
    """Train with `Trainer`, stop it by a callback, and return its speed.

    Args:
        model: model to train.
        rows: training rows with ``input_ids``.
        collate: function that makes a batch from rows.
        defaults: whether to use batches of 8 in random order instead of batches of 32 grouped by length.
        bf16: whether to use autocast to bf16.
        seconds: duration of the measured training.
        untimed: number of first steps that are not measured.
    """
    from transformers import Trainer, TrainerCallback, TrainingArguments, set_seed

    counts: list[int] = []

    def counted(batch: list[Any]) -> dict[str, Any]:
        counts.append(sum(len(row["input_ids"]) for row in batch))
        return collate(batch)

    class Watch(TrainerCallback):
        passed = 0.0

        def on_train_begin(self, *_: Any, **__: Any) -> None:
            self.started = time.perf_counter()

        def on_step_end(self, *given: Any, **_: Any) -> None:
            _, state, control = given
            if state.global_step == untimed:
                self.started = time.perf_counter()
            elif state.global_step > untimed:
                self.passed = time.perf_counter() - self.started
            control.should_training_stop = self.passed > seconds

    set_seed(1)
    watch = Watch()
    with tempfile.TemporaryDirectory() as output:
        run = Trainer(
            model=model,
            args=TrainingArguments(
                output,
                per_device_train_batch_size=8 if defaults else 32,
                train_sampling_strategy="random" if defaults else "group_by_length",
                bf16=bf16,
                learning_rate=5e-5,
                num_train_epochs=1_000,
                report_to=[],
                save_strategy="no",
                logging_strategy="no",
                use_cpu=True,
                disable_tqdm=True,
            ),
            train_dataset=rows,
            data_collator=counted,
            callbacks=[watch],
        )
        run.train()
    steps = run.state.global_step
    return {"steps": steps, "subwords_per_second": sum(counts[untimed:steps]) / watch.passed}


def examples(arguments: argparse.Namespace) -> tuple[list[dict[str, list[int]]], int]:
    """Return the windows that onoma trains on, as rows for `Trainer`, and the number of tags."""
    documents = [document for path in arguments.train for document in read(path)]
    labels = sorted({entity.label for document in documents for entity in document.entities})
    task = TagTask(labels, scheme=SCHEMES["BIO"])
    windower = Windower(SubwordEncoder(load_pretrained(arguments.encoder).tokenizer), window=WINDOW, overlap=OVERLAP)
    made = make_examples(documents, windower=windower, task=task, unusable=Counter())
    return [row(example) for example in made], len(task.tags)


def row(example: Example) -> dict[str, list[int]]:
    ids = example.ids.tolist()
    return {"input_ids": ids, "attention_mask": [1] * len(ids), "labels": example.targets.tolist()}


def products(dtype: torch.dtype, *, seconds: float = 1.0) -> float:
    """Return the median floating-point operations per second of a feed-forward product with 1,024 subwords."""
    rows, width, inner = 1_024, 384, 1_536
    left, right = torch.ones(rows, width, dtype=dtype), torch.ones(width, inner, dtype=dtype)
    times: list[float] = []
    while sum(times) < seconds:
        started = time.perf_counter()
        left @ right
        times.append(time.perf_counter() - started)
    return 2 * rows * width * inner / statistics.median(times)


def measured(kind: str, *more: str, threads: int) -> dict[str, Any]:
    """Run a kind by this program in a separate process, with additional arguments."""
    command = [sys.executable, *sys.argv, "--one", kind, *more]
    variables = {"OMP_NUM_THREADS": str(threads)}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ | variables)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(json.dumps({"kind": kind, **result}), file=sys.stderr, flush=True)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=Path, nargs="+", default=TRAIN)
    parser.add_argument("--encoder", default="small")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--threads", type=int, default=available_cores())
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--set", dest="sets", action="append", default=[], metavar="KEY=VALUE", help="of ours")
    parser.add_argument("--one", choices=KINDS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        torch.set_num_threads(arguments.threads)
        result = ours(arguments) if arguments.one == "ours" else trainer(arguments)
        result["peak_megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
        print(json.dumps(result))
        return
    torch.set_num_threads(arguments.threads)
    layers = load_pretrained(arguments.encoder).encoder.layers
    assert isinstance(layers, torch.nn.Module)
    operations = 6 * sum(weights.numel() for weights in layers.parameters() if weights.ndim > 1)
    runs: dict[str, list[dict[str, Any]]] = {kind: [] for kind in arguments.kinds}
    speeds: dict[str, list[float]] = {"fp32": [], "bf16": []}
    for _ in range(arguments.pairs):
        speeds["fp32"].append(products(torch.float32))
        speeds["bf16"].append(products(torch.bfloat16))
        for kind, done in runs.items():
            done.append(measured(kind, threads=arguments.threads))
    figures: dict[str, Any] = {
        "threads": arguments.threads,
        "corpus": [path.name for path in arguments.train],
        "encoder": arguments.encoder,
        "products_gigaflops": {name: spread([each / 1e9 for each in values]) for name, values in speeds.items()},
    }
    rates = {kind: [float(run["subwords_per_second"]) for run in done] for kind, done in runs.items()}
    for kind, done in runs.items():
        short = kind == "best" or str(done[0].get("dtype", "")).startswith("bf16")
        of = speeds["bf16" if short else "fp32"]
        figures[kind] = {
            "subwords_per_second": spread(rates[kind]),
            "peak_megabytes": spread([float(run["peak_megabytes"]) for run in done]),
            "of_products": statistics.median(
                operations * rate / speed for rate, speed in zip(rates[kind], of, strict=True)
            ),
            "runs": done,
        }
    figures["ours_times"] = {
        kind: spread([ours / theirs for ours, theirs in zip(rates["ours"], rates[kind], strict=True)])
        for kind in arguments.kinds
        if kind != "ours" and "ours" in rates
    }
    write_result("train", figures)


if __name__ == "__main__":
    main()
