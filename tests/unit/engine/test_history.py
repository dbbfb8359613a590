"""``history.jsonl`` and whoever else gets its figures."""

from __future__ import annotations

import json
import sys
from types import ModuleType, SimpleNamespace

import pytest

from onoma.engine.dtype import Dtype
from onoma.engine.events import Ended, EpochEnded, Planned, Score, Stepped
from onoma.engine.history import History
from onoma.engine.loggers import make_loggers
from onoma.errors import MissingExtraError

SCORE = Score(0.5, {"f1": 0.5, "precision": 0.5, "recall": 0.5})
STEP = Stepped(
    number=50, epoch=2, loss=0.5, learning_rate=1e-4, subwords_per_second=900.0, seconds=2.0, seconds_left=3.0
)
OTHER = Stepped(
    number=51, epoch=2, loss=0.5, learning_rate=1e-4, subwords_per_second=900.0, seconds=2.0, seconds_left=3.0
)
EPOCH = EpochEnded(number=2, step=60, loss=0.4, score=SCORE, best=True, seconds=2.5)
PLAN = Planned(
    epochs=3,
    steps=90,
    learning_rate=1e-4,
    head_learning_rate=None,
    batch_subwords=128,
    examples=9,
    subwords=900,
    device="cpu",
    dtype=Dtype("fp32", "as set"),
    done=40,
)


def test_lines_are_steps_now_and_then_and_epochs(tmp_path):
    history = History(tmp_path / "history.jsonl", warn=pytest.fail)
    for step in (STEP, OTHER):
        history(step)
    history(EPOCH)
    first, second = map(json.loads, history.path.read_text(encoding="utf-8").splitlines())
    assert (first["kind"], first["step"], first["loss"], first["learning_rate"]) == ("step", 50, 0.5, 1e-4)
    assert (second["kind"], second["epoch"], second["dev"]["f1"], second["best"]) == ("epoch", 2, 0.5, True)


def test_it_can_be_cut_back(tmp_path):
    history = History(tmp_path / "history.jsonl", warn=pytest.fail)
    history.cut(0)
    history(STEP)
    size = history.size
    history(EPOCH)
    history.cut(size)
    history.cut(size + 1)
    assert len(history.path.read_text(encoding="utf-8").splitlines()) == 1


def test_where_it_cannot_be_written_this_is_said_once(tmp_path):
    said: list[str] = []
    history = History(tmp_path / "nowhere" / "history.jsonl", warn=said.append)
    history(STEP)
    history(EPOCH)
    assert len(said) == 1
    assert "cannot be written" in said[0]


@pytest.mark.parametrize("name", ["tensorboard", "mlflow"])
def test_a_logger_that_is_not_installed_names_its_extra(tmp_path, monkeypatch, name):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtraError, match=rf"onoma\[{name}\]"):
        make_loggers([name], folder=tmp_path, name="x")


class FakeWriter:
    """Stands for TensorBoard's."""

    def __init__(self, folder: str, *, purge_step: int | None) -> None:
        self.folder, self.purge_step, self.closed = folder, purge_step, False
        self.figures: list[tuple[str, float, int]] = []
        made.append(self)

    def add_scalar(self, name: str, value: float, step: int) -> None:
        self.figures.append((name, value, step))

    def close(self) -> None:
        self.closed = True


made: list[FakeWriter] = []


def test_tensorboard_gets_the_figures(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard", _module())
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", _module(SummaryWriter=FakeWriter))
    (logger,) = make_loggers(["tensorboard"], folder=tmp_path, name="x")
    _tell(logger)
    (writer,) = made
    assert (writer.folder, writer.purge_step, writer.closed) == (str(tmp_path / "tensorboard"), 41, True)
    assert ("train/loss", 0.5, 50) in writer.figures
    assert ("dev/f1", 0.5, 60) in writer.figures


def test_mlflow_resumes_under_the_same_id(tmp_path, monkeypatch):
    calls: list[object] = []

    def start_run(*, run_id: str | None, run_name: str) -> object:
        calls.append(run_id)
        return SimpleNamespace(info=SimpleNamespace(run_id="abc"))

    fake = _module(
        start_run=start_run,
        log_metrics=lambda figures, *, step: calls.append((step, figures)),
        end_run=lambda: calls.append("end"),
    )
    monkeypatch.setitem(sys.modules, "mlflow", fake)
    for _ in range(2):
        (logger,) = make_loggers(["mlflow"], folder=tmp_path, name="x")
        _tell(logger)
    assert [call for call in calls if not isinstance(call, tuple)] == [None, "end", "abc", "end"]
    assert (60, {"train/epoch": 2, "dev/precision": 0.5, "dev/recall": 0.5, "dev/f1": 0.5}) in calls


def _module(**content: object) -> ModuleType:
    module = ModuleType("fake")
    module.__dict__.update(content)
    return module


def _tell(logger) -> None:
    for event in (PLAN, STEP, OTHER, EPOCH, Ended()):
        logger(event)
