"""A run that is stopped, however it is stopped, can be resumed with the same result."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import sys
from pathlib import Path

import pytest

from onoma.io.lock import locked
from onoma.models import Model
from support.killing import deaths
from support.learnable import QUICK, SENTENCES, write_corpus

OFTEN = ("--set", "training.checkpoint_steps=2", "--set", "training.batch_subwords=48")


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_ten_deaths_at_random_moments_change_no_bit(tmp_path):
    deaths("train", tmp_path, kills=10)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert (whole / "model.safetensors").read_bytes() == (broken / "model.safetensors").read_bytes()
    assert _timeless(whole) == _timeless(broken)
    assert sorted(path.name for path in whole.iterdir()) == sorted(path.name for path in broken.iterdir())


@pytest.fixture(scope="module")
def whole(encoder, corpus, tmp_path_factory) -> bytes:
    """The weights of the run that nobody stops."""
    output = tmp_path_factory.mktemp("whole") / "x"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["onoma", *map(str, _arguments(encoder, corpus, output))])
        from onoma.cli import main

        with pytest.raises(SystemExit):
            main()
    return Path(output / "model.safetensors").read_bytes()


def _arguments(encoder, corpus, output, *more):
    return ("train", "--train", corpus, "--encoder", encoder, "-o", output, *QUICK, *OFTEN, *more)


def test_sigterm_writes_a_checkpoint_and_ends_with_its_status(onoma, interrupt, encoder, corpus, whole, tmp_path):
    output = tmp_path / "x"
    interrupt(5, signal.SIGTERM)
    stopped = onoma(*_arguments(encoder, corpus, output))
    assert (stopped.status, "after step 5; pass --resume" in stopped.err) == (143, True)
    assert [path.name for path in output.iterdir()] == ["unfinished"]
    resumed = onoma("train", "-o", output, "--resume")
    assert (resumed.status, "resumed after step 5" in resumed.err) == (0, True), resumed.err
    assert (output / "model.safetensors").read_bytes() == whole
    assert not (output / "unfinished").exists()


def test_ctrl_c_leaves_a_model_and_a_run_that_can_be_resumed(onoma, interrupt, encoder, corpus, whole, tmp_path):
    output = tmp_path / "x"
    interrupt(6, signal.SIGINT)
    stopped = onoma(*_arguments(encoder, corpus, output))
    assert (stopped.status, "--resume continues the run" in stopped.err) == (130, True)
    assert onoma("tag", "--model", output, "--text", "lyon").status == 0
    refused = onoma(*_arguments(encoder, corpus, output))
    assert refused.status == 2
    assert re.search("unfinished run.*--resume.*--overwrite", refused.err)
    assert onoma("train", "-o", output, "--resume").status == 0
    assert (output / "model.safetensors").read_bytes() == whole
    again = onoma("train", "-o", output, "--resume")
    assert (again.status, "nothing to resume" in again.err) == (2, True)


@pytest.mark.parametrize(
    "more", [(), ("--set", "training.average=0.9"), ("--set", "training.lora.rank=2"), ("--encoder", "bilstm")]
)
@pytest.mark.parametrize("has_dev", [False, True])
def test_a_model_that_could_not_be_written_is_written_without_training_again(
    onoma, encoder, corpus, tmp_path, monkeypatch, has_dev, more
):
    settings = () if "bilstm" in more else QUICK
    dev = ("--dev", corpus) if has_dev else ()
    common = ("train", "--train", corpus, "--encoder", encoder, *settings, "--set", "training.epochs=3", *dev, *more)
    assert onoma(*common, "-o", tmp_path / "whole").status == 0
    with monkeypatch.context() as patch:
        patch.setattr("onoma.api.training.write_manifest", _raise_disk_full)
        failed = onoma(*common, "-o", tmp_path / "x")
    assert failed.status == 2
    assert (
        f"the model could not be written to {tmp_path / 'x'}: No space left on device; solve this, and pass"
        in failed.err
    )
    monkeypatch.setattr("onoma.engine.learner.Learner.step", None)
    resumed = onoma("train", "-o", tmp_path / "x", "--resume")
    assert resumed.status == 0, resumed.err
    assert (tmp_path / "x" / "model.onnx").read_bytes() == (tmp_path / "whole" / "model.onnx").read_bytes()
    assert _timeless(tmp_path / "x") == _timeless(tmp_path / "whole")


def _raise_disk_full(*_arguments: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_second_ctrl_c_gives_up(onoma, interrupt, encoder, corpus, tmp_path):
    interrupt(5, signal.SIGINT, signal.SIGINT)
    assert onoma(*_arguments(encoder, corpus, tmp_path / "x")).status == 130
    assert not (tmp_path / "x" / "onoma.json").exists()


@pytest.fixture
def unfinished(onoma, interrupt, encoder, corpus, tmp_path) -> Path:
    """An output folder with a run that was stopped after five steps."""
    interrupt(5, signal.SIGTERM)
    assert onoma(*_arguments(encoder, corpus, tmp_path / "x")).status == 143
    return Path(tmp_path / "x")


def test_another_configuration_is_refused_unless_accepted(onoma, unfinished):
    change = ("train", "-o", unfinished, "--resume", "--set", "training.learning_rate=0.02", "--set", "training.clip=2")
    refused = onoma(*change)
    assert refused.status == 2
    assert "training.learning_rate: 0.01, now 0.02" in refused.err
    assert "training.clip: 1.0, now 2" in refused.err
    assert "--accept-changes" in refused.err
    accepted = onoma(*change, "--accept-changes")
    assert accepted.status == 0
    assert "changed since the run began: training.learning_rate: 0.01, now 0.02 (accepted)" in accepted.err


def test_what_does_not_touch_the_weights_may_differ(onoma, unfinished, whole, corpus):
    settings = ("--set", "training.patience=40", "--set", "training.checkpoint_steps=50", "--test", corpus)
    resumed = onoma("train", "-o", unfinished, "--resume", *settings)
    assert (resumed.status, "training.patience: 30, now 40" in resumed.err) == (0, True)
    assert (unfinished / "model.safetensors").read_bytes() == whole


def test_another_corpus_and_other_code_are_refused(onoma, unfinished, tmp_path, monkeypatch):
    other = write_corpus(tmp_path / "train.conll", SENTENCES * 5)
    refused = onoma("train", "-o", unfinished, "--resume", "--train", other)
    assert refused.status == 2
    assert re.search("data.train: sha256:.*, now sha256:", refused.err)
    monkeypatch.setattr("onoma.engine.identity.__version__", "0.0.9")
    refused = onoma("train", "-o", unfinished, "--resume")
    assert (refused.status, "versions.onoma: 0.1.0" in refused.err) == (2, True)


def test_a_run_can_be_forgotten(onoma, unfinished, encoder, corpus, whole):
    assert onoma(*_arguments(encoder, corpus, unfinished, "--overwrite")).status == 0
    assert (unfinished / "model.safetensors").read_bytes() == whole


def test_two_runs_do_not_share_a_folder(onoma, encoder, corpus, tmp_path):
    with locked(tmp_path / "x" / "unfinished" / "onoma.lock"):
        outcome = onoma(*_arguments(encoder, corpus, tmp_path / "x"))
    assert outcome.status == 2
    assert re.search(rf"another run is writing to this output folder \(process {os.getpid()} on", outcome.err)


def test_resuming_nothing_begins(onoma, encoder, corpus, whole, tmp_path):
    outcome = onoma(*_arguments(encoder, corpus, tmp_path / "x", "--resume"))
    assert (outcome.status, "starts from the beginning" in outcome.err) == (0, True)
    assert (tmp_path / "x" / "model.safetensors").read_bytes() == whole


def test_a_loss_that_is_no_number_stops_the_run(onoma, encoder, corpus, tmp_path, monkeypatch):
    losses = iter(range(1, 100))
    of_model = Model.loss

    def loss(*of):
        total, weight = of_model(*of)
        return total * (1.0 if next(losses) < 6 else float("nan")), weight

    monkeypatch.setattr(Model, "loss", loss)
    outcome = onoma(*_arguments(encoder, corpus, tmp_path / "x"))
    assert outcome.status == 2
    assert re.search(r"step 6 in epoch 2: the loss is nan.*windows \d+ \('.*training\.learning_rate", outcome.err)
    assert "the last checkpoint is of step 4" in outcome.err


def test_a_folder_that_is_only_called_like_ours_is_left_alone(onoma, encoder, corpus, tmp_path):
    thesis = tmp_path / "x" / "unfinished" / "thesis.tex"
    thesis.parent.mkdir(parents=True)
    thesis.touch()
    assert onoma(*_arguments(encoder, corpus, tmp_path / "x", "--overwrite")).status == 2
    assert thesis.exists()


def _timeless(model: Path) -> list[dict[str, object]]:
    """The history without what a clock has measured."""
    lines = map(json.loads, (model / "history.jsonl").read_text(encoding="utf-8").splitlines())
    return [{key: line[key] for key in line if key not in ("seconds", "subwords_per_second")} for line in lines]
