"""Two processes learn what one learns, over gloo on this machine; the first of them alone writes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from support.environment import TESTS
from support.launching import NEEDS_GLOO, UNDISTURBED, launch
from support.learnable import QUICK

DROPOUTS = ("hidden_dropout_prob", "attention_probs_dropout_prob")
SETTINGS = (*QUICK, "--set", "training.epochs=4", "--set", "training.batch_subwords=48")
STEADY = ("--set", "model.dropout=0.0", *SETTINGS)
MANY_WITHOUT_SHARE = (
    *("--set", "training.batch_subwords=8", "--set", "training.accumulate=2", "--set", "training.average=0.9"),
    *("--set", "training.epochs=2", "--set", "training.class_weights=balanced"),
)
"""Batches of one window or two, so that often one process has nothing to do."""

pytestmark = [pytest.mark.slow, NEEDS_GLOO]


def steps(output: Path) -> list[float]:
    """The smoothed losses of all steps."""
    lines = map(json.loads, (output / "history.jsonl").read_text(encoding="utf-8").splitlines())
    return [line["loss"] for line in lines if line["kind"] == "step"]


@pytest.fixture(scope="module")
def without_dropout(encoder, tmp_path_factory) -> Path:
    """The tiny encoder, none of whose units are dropped."""
    folder = Path(tmp_path_factory.mktemp("steady"))
    for file in encoder.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    fields = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps(fields | dict.fromkeys(DROPOUTS, 0.0)), encoding="utf-8")
    return folder


@pytest.mark.parametrize("more", [(), MANY_WITHOUT_SHARE], ids=["plain", "accumulated, few windows"])
def test_two_processes_learn_what_one_learns(without_dropout, corpus, tmp_path, more):
    arguments = ("train", "--train", corpus, "--dev", corpus, "--encoder", without_dropout, *STEADY, *more)
    outcomes = {}
    for processes in (1, 2):
        output = tmp_path / str(processes)
        outcomes[processes] = launch(tmp_path, *UNDISTURBED, *arguments, "-o", output, processes=processes)
        assert outcomes[processes].returncode == 0, outcomes[processes].stderr
    one, two = (tmp_path / name for name in "12")
    assert len(steps(one)) >= 8
    assert steps(two) == pytest.approx(steps(one), abs=1e-5)
    expected, weights = (load_file(folder / "model.safetensors") for folder in (one, two))
    for name, tensor in expected.items():
        if name.endswith("key.bias"):
            continue  # softmax does not see it: its gradient is rounding alone, which AdamW takes as any other
        torch.testing.assert_close(weights[name], tensor, atol=1e-5, rtol=1e-5, msg=name)
    assert sorted(path.name for path in one.iterdir()) == sorted(path.name for path in two.iterdir())
    first, second = re.findall("weights ([0-9a-f]{64})", outcomes[2].stdout)
    assert first == second
    assert outcomes[2].stderr.count("training on cpu, 2 processes,") == 1
    assert outcomes[2].stderr.count("model written to") == 1


@pytest.fixture(scope="module")
def whole(encoder, corpus, tmp_path_factory) -> Path:
    """What two processes learn, with dropout, that nobody stops."""
    folder = Path(tmp_path_factory.mktemp("whole"))
    arguments = ("train", "--train", corpus, "--dev", corpus, "--encoder", encoder, *SETTINGS)
    done = launch(folder, *UNDISTURBED, *arguments, "-o", folder / "x")
    assert done.returncode == 0, done.stderr
    return folder / "x"


def test_a_signal_to_one_process_stops_both_and_both_resume(encoder, corpus, whole, tmp_path):
    arguments = ("train", "--train", corpus, "--dev", corpus, "--encoder", encoder, *SETTINGS)
    output = tmp_path / "stopped"
    stopped = launch(tmp_path, TESTS / "support" / "together.py", 5, "SIGTERM", *arguments, "-o", output)
    assert stopped.returncode != 0
    assert (
        "stopped by SIGTERM after step 5; pass --resume to continue (the last checkpoint is of step 5)"
        in stopped.stderr
    )
    assert [path.name for path in output.iterdir()] == ["unfinished"]
    resumed = launch(tmp_path, *UNDISTURBED, "train", "-o", output, "--resume")
    assert (resumed.returncode, resumed.stderr.count("resumed after step 5")) == (0, 1), resumed.stderr
    assert (output / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()
    assert steps(output) == steps(whole)


def test_the_death_of_one_ends_the_other(encoder, corpus, tmp_path):
    often = ("--set", "training.checkpoint_steps=2")
    arguments = ("train", "--train", corpus, "--encoder", encoder, *SETTINGS, *often, "-o", tmp_path / "x")
    died = launch(tmp_path, TESTS / "support" / "together.py", 5, "SIGKILL", *arguments)
    assert died.returncode != 0
    assert "onoma: another process of this run has ended" in died.stderr
    checkpoints = (tmp_path / "x" / "unfinished" / "checkpoints").iterdir()
    assert max(path.name.split("-")[2] for path in checkpoints) == "4"


def test_what_one_cannot_do_ends_all(encoder, corpus, tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.tex").touch()
    arguments = ("-m", "onoma", "train", "--train", corpus, "--encoder", encoder, *SETTINGS)
    refused = launch(tmp_path, *arguments, "-o", tmp_path / "taken")
    assert refused.returncode != 0
    assert "the output folder is not empty and has no model" in refused.stderr
    assert [path.name for path in (tmp_path / "taken").iterdir()] == ["thesis.tex"]
