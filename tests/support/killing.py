"""Kills a run at random moments and resumes it until it ends; ``python killing.py FOLDER KILLS SEED`` prints JSON.

Everything is imported once and each run is a fork, so that ten deaths take seconds. Only where there is `os.fork`.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import onoma
from onoma.engine.events import Event, Stepped
from support.learnable import SENTENCES, write_corpus
from support.tiny import write_encoder

SETTINGS = {
    "training.epochs": 12,
    "training.learning_rate": 0.01,
    "training.batch_subwords": 48,
    "training.checkpoint_steps": 2,
    "training.dtype": "fp32",
    "model.window": 64,
    "model.overlap": 16,
}


def telling(pipe: int) -> Callable[[Event], None]:
    """Writes a byte for each step done."""

    def tell(event: Event) -> None:
        if isinstance(event, Stepped):
            os.write(pipe, b"s")

    return tell


def start(folder: Path, output: str) -> tuple[int, int]:
    """Begin or resume a run in a process of its own; its id, and where its steps can be read."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    status = 1
    try:
        corpus = folder / "train.conll"
        onoma.train(
            train=corpus,
            encoder=str(folder / "encoder"),
            output=folder / output,
            settings=SETTINGS,
            resume=True,
            on_event=telling(writing),
        )
        status = 0
    finally:
        os._exit(status)


def finish(folder: Path, output: str) -> int:
    """Let a run go to its end; its steps."""
    child, steps = start(folder, output)
    with os.fdopen(steps, "rb") as pipe:
        done = len(pipe.read())
    _, status = os.waitpid(child, 0)
    if status:
        raise SystemExit(f"the run {output} ended with {status}")
    return done


def kill(folder: Path, output: str, *, steps: int, seconds: float) -> bool:
    """Kill a run so many steps and seconds after its beginning; whether it was still there."""
    child, pipe = start(folder, output)
    for _ in range(steps):
        os.read(pipe, 1)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.close(pipe)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def main(folder: Path, *, kills: int, seed: int) -> None:
    for module in ("onoma.export", "torch._dynamo"):
        import_module(module)
    write_corpus(folder / "train.conll", SENTENCES * 8)
    write_encoder(folder / "encoder")
    whole = finish(folder, "whole")
    moments = random.Random(seed)
    killed = 0
    while killed < kills:
        killed += kill(folder, "broken", steps=moments.randint(0, 6), seconds=moments.uniform(0, 0.05))
    rest = finish(folder, "broken")
    sys.stdout.write(json.dumps({"whole": whole, "killed": killed, "rest": rest}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), kills=int(sys.argv[2]), seed=int(sys.argv[3]))
