"""Commands run as a user runs them, a tiny encoder, a corpus that it can learn, and a model that it has learnt."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from onoma.cli import main
from onoma.cli.progress import TrainingProgress
from onoma.engine.events import Event, Stepped
from support.learnable import QUICK, SENTENCES, write_corpus
from support.tiny import write_encoder


@dataclass(frozen=True)
class Outcome:
    """How a command ended and what it wrote."""

    status: int
    out: str
    err: str


Onoma = Callable[..., Outcome]
Interrupt = Callable[..., None]


@pytest.fixture
def onoma(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Onoma:
    """Run the command line in this process."""

    def run(*arguments: str | Path, stdin: bytes = b"") -> Outcome:
        monkeypatch.setattr(sys, "argv", ["onoma", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        monkeypatch.setenv("COLUMNS", "200")
        with pytest.raises(SystemExit) as ended:
            main()
        sys.stdout.flush()
        captured = capfd.readouterr()
        return Outcome(int(ended.value.code or 0), captured.out, captured.err)

    return run


@pytest.fixture
def interrupt(monkeypatch: pytest.MonkeyPatch) -> Interrupt:
    """Have signals arrive while a step is reported; each once."""

    def at(step: int, *numbers: signal.Signals) -> None:
        left = list(numbers)

        show = TrainingProgress.__call__

        def call(progress: TrainingProgress, event: Event) -> None:
            show(progress, event)
            while isinstance(event, Stepped) and event.number == step and left:
                os.kill(os.getpid(), left.pop(0))

        monkeypatch.setattr(TrainingProgress, "__call__", call)

    return at


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny BERT of random weights."""
    return write_encoder(tmp_path_factory.mktemp("encoder") / "tiny")


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus in columns that a tiny encoder can learn."""
    path = tmp_path_factory.mktemp("corpus") / "train.conll"
    return write_corpus(path, SENTENCES * 4)


@pytest.fixture(scope="session")
def model(encoder: Path, corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that the command line has trained."""
    output = tmp_path_factory.mktemp("models") / "tiny"
    arguments = [
        "train",
        "--train",
        corpus,
        "--dev",
        corpus,
        "--test",
        corpus,
        "--encoder",
        encoder,
        "-o",
        output,
        *QUICK,
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["onoma", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
    assert not ended.value.code
    return output
