"""Kills a run at random moments and resumes it until it ends, and prints JSON.

``python killing.py train|pretrain FOLDER KILLS SEED``

Everything is imported once and each run is a fork, so that ten deaths take seconds. Only where there is `os.fork`.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import onoma
from onoma.engine.events import Event, Stepped
from support.environment import environment
from support.learnable import SENTENCES, write_corpus
from support.tiny import write_encoder
from support.unlabelled import TINY, make_text

SETTINGS = {
    "training.epochs": 12,
    "training.learning_rate": 0.01,
    "training.batch_subwords": 48,
    "training.checkpoint_steps": 2,
    "training.dtype": "fp32",
    "model.window": 64,
    "model.overlap": 16,
}

LENGTHENING = {"objective.long_window": 64, "objective.long_share": 0.96, "training.steps": 400}
"""The window changes after 16 steps, among the kills; the run outlasts them also where a step takes milliseconds."""

Run = Callable[[Path, str, Callable[[Event], None]], object]
"""Begins or resumes a run in a folder, with the name of its output."""


def train(folder: Path, output: str, tell: Callable[[Event], None]) -> None:
    corpus, encoder = folder / "train.conll", str(folder / "encoder")
    onoma.train(train=corpus, encoder=encoder, output=folder / output, settings=SETTINGS, resume=True, on_event=tell)


def pretrain(folder: Path, output: str, tell: Callable[[Event], None]) -> None:
    settings = {**TINY, **LENGTHENING}
    onoma.pretrain(text=folder / "text.txt", output=folder / output, settings=settings, resume=True, on_event=tell)


RUNS: dict[str, Run] = {"train": train, "pretrain": pretrain}


def deaths(kind: str, folder: Path, *, kills: int) -> None:
    """Run this file, and check that the kills happened and that steps were left after them."""
    alone = environment(TOKENIZERS_PARALLELISM="false", OMP_NUM_THREADS="1")
    command = [sys.executable, __file__, kind, str(folder), str(kills), "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=alone)
    assert done.returncode == 0, done.stderr
    counts: dict[str, int] = json.loads(done.stdout)
    assert counts["killed"] == kills
    assert counts["rest"] < counts["whole"]


def telling(pipe: int) -> Callable[[Event], None]:
    """Writes a byte for each step done."""

    def tell(event: Event) -> None:
        if isinstance(event, Stepped):
            os.write(pipe, b"s")

    return tell


def start(run: Run, folder: Path, output: str) -> tuple[int, int]:
    """Begin or resume a run in a process of its own; its id, and where its steps can be read."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    status = 1
    try:
        run(folder, output, telling(writing))
        status = 0
    finally:
        os._exit(status)


def finish(run: Run, folder: Path, output: str) -> int:
    """Let a run go to its end; its steps."""
    child, steps = start(run, folder, output)
    with os.fdopen(steps, "rb") as pipe:
        done = len(pipe.read())
    _, status = os.waitpid(child, 0)
    if status:
        raise SystemExit(f"the run {output} ended with {status}")
    return done


def kill(run: Run, folder: Path, output: str, *, steps: int, seconds: float) -> bool:
    """Kill a run so many steps and seconds after its beginning; whether it was still there."""
    child, pipe = start(run, folder, output)
    for _ in range(steps):
        os.read(pipe, 1)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.close(pipe)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def main(run: Run, folder: Path, *, kills: int, seed: int) -> None:
    for module in ("onoma.export", "onoma.pretraining", "torch._dynamo"):
        import_module(module)
    write_corpus(folder / "train.conll", SENTENCES * 8)
    write_encoder(folder / "encoder")
    make_text(60).write(folder / "text.txt")
    whole = finish(run, folder, "whole")
    moments = random.Random(seed)
    killed = 0
    while killed < kills:
        killed += kill(run, folder, "broken", steps=moments.randint(0, 6), seconds=moments.uniform(0, 0.05))
    rest = finish(run, folder, "broken")
    sys.stdout.write(json.dumps({"whole": whole, "killed": killed, "rest": rest}) + "\n")


if __name__ == "__main__":
    main(RUNS[sys.argv[1]], Path(sys.argv[2]), kills=int(sys.argv[3]), seed=int(sys.argv[4]))
