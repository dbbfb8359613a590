"""Whole runs of a tiny encoder: whatever is set, stopped and resumed they end with the same weights."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from onoma.engine.events import Event, Listener, Stepped
from onoma.errors import ConfigError, InputError, StoppedError
from onoma.training import TrainedModel, read_config, run_training
from support.environment import environment
from support.learnable import SENTENCES, write_corpus
from support.tagging import packed
from support.tiny import write_distilbert, write_encoder

Settings = dict[str, object]

RECOMPUTED: Settings = {"training.recompute": True}
WEIGHTED: Settings = {"training.class_weights": "balanced", "training.label_smoothing": 0.1}
CRF: Settings = {"model.head": "crf"}
LORA: Settings = {"training.lora": {"rank": 2, "dropout": 0.1}}
AVERAGED: Settings = {"training.average": 0.9}
KNOBS: dict[str, Settings] = {
    "recompute": RECOMPUTED,
    "weights of classes": WEIGHTED,
    "CRF": CRF,
    "LoRA": LORA,
    "all": RECOMPUTED | WEIGHTED | LORA | AVERAGED,
}


class Terminated:
    """Sends SIGTERM after a step."""

    def __init__(self, *, after: int) -> None:
        self.first = self.steps = 0
        self._after = after

    def __call__(self, event: Event) -> None:
        if isinstance(event, Stepped):
            self.first, self.steps = self.first or event.number, event.number
            if event.number == self._after:
                os.kill(os.getpid(), signal.SIGTERM)


@pytest.fixture(scope="module")
def settings(tmp_path_factory) -> Settings:
    folder = tmp_path_factory.mktemp("run")
    corpus = write_corpus(folder / "train.conll", SENTENCES * 4)
    return {
        "data.train": str(corpus),
        "data.dev": str(corpus),
        "model.encoder": str(write_encoder(folder / "encoder")),
        "model.window": 64,
        "model.overlap": 16,
        "training.epochs": 3,
        "training.learning_rate": 0.01,
        "training.batch_subwords": 48,
        "training.dtype": "fp32",
        "output": str(folder / "output"),
    }


def _run(settings: Settings, folder: Path, on_event: Listener) -> TrainedModel:
    folder.mkdir(exist_ok=True)
    return run_training(read_config(None, settings=settings), on_event=on_event, folder=folder)


@pytest.mark.parametrize("name", KNOBS)
def test_stopped_and_resumed_it_ends_with_the_same_weights(settings, tmp_path, name):
    wanted = settings | KNOBS[name]
    never = Terminated(after=0)
    whole = _run(wanted, tmp_path / "whole", never)
    for step in (1, never.steps // 2):
        with pytest.raises(StoppedError, match=f"after step {step}"):
            _run(wanted, tmp_path / "stopped", Terminated(after=step))
    rest = Terminated(after=0)
    resumed = _run(wanted, tmp_path / "stopped", rest)
    assert (rest.first, rest.steps) == (never.steps // 2 + 1, never.steps)
    weights = whole.model.state_dict()
    assert all(torch.equal(each, weights[name]) for name, each in resumed.model.state_dict().items())
    assert resumed.state.score == whole.state.score


def test_without_dropout_nothing_is_left_to_chance(settings, tmp_path):
    dry = settings | {"training.epochs": 1, "model.dropout": 0.0, "model.encoder_dropout": 0.0}
    model = _run(dry, tmp_path, Terminated(after=0)).model.train()
    batch = packed(torch.arange(5, 13), torch.tensor([8]), torch.ones(8, dtype=torch.int64))
    assert model.loss(batch) == model.loss(batch)


def test_dropout_of_an_encoder_that_is_not_ours_cannot_be_set(settings, tmp_path):
    foreign = settings | {"model.encoder": str(write_distilbert(tmp_path / "encoder")), "model.encoder_dropout": 0.0}
    with pytest.raises(ConfigError, match=r"model\.encoder_dropout: .* distilbert"):
        _run(foreign, tmp_path / "run", Terminated(after=0))


@pytest.mark.parametrize(("tag", "theirs"), [("O", "none"), ("B-DRUG", "DRUG")])
def test_a_dev_set_without_any_of_the_labels_is_refused(settings, tmp_path, tag, theirs):
    dev = tmp_path / "dev.conll"
    dev.write_text(f"the\tO\naspirin\t{tag}\n\n", encoding="utf-8")
    bad = settings | {"data.dev": str(dev), "data.skip_checks": True}
    with pytest.raises(InputError, match=rf"^dev\.conll has none of the labels .*: {theirs}, not LOC, PER; "):
        _run(bad, tmp_path / "run", Terminated(after=0))


@pytest.mark.parametrize("head", ["crf", "span"])
@pytest.mark.parametrize("weighted", [{"training.class_weights": "balanced"}, {"training.label_smoothing": 0.1}])
def test_weights_of_words_need_a_loss_of_words(settings, tmp_path, weighted, head):
    with pytest.raises(ConfigError, match=rf"model\.head: the loss of the head {head} is not one of single words"):
        _run(settings | weighted | {"model.head": head}, tmp_path / "run", Terminated(after=0))


def test_nothing_imports_the_compiler_of_torch(settings, tmp_path):
    """It takes 70 MB and a second, and its import hides behind plain calls of torch."""
    script = """
import json, pathlib, sys
from onoma.engine.events import ignore
from onoma.training import read_config, run_training
settings = json.loads(sys.argv[1])
run_training(read_config(None, settings=settings), on_event=ignore, folder=pathlib.Path(sys.argv[2]))
print("torch._dynamo" in sys.modules)
"""
    command = [sys.executable, "-c", script, json.dumps(settings | AVERAGED), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment())
    assert done.stdout == "False\n"
