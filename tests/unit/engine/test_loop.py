"""The loop on a tiny model: stopped and resumed at any place it ends with the same weights."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from onoma.engine.checkpointer import FileCheckpointer
from onoma.engine.checkpoints import Checkpoints
from onoma.engine.dtype import Dtype
from onoma.engine.events import Event, Notice, Score, Stepped
from onoma.engine.groups import GroupSettings
from onoma.engine.history import History
from onoma.engine.learner import LearnerSettings
from onoma.engine.loop import Loop, LoopSettings
from onoma.engine.stopping import Stop
from onoma.engine.train_state import TrainState
from onoma.errors import StoppedError, TrainingError
from onoma.models import PackedBatch, load_pretrained
from onoma.models.heads import LinearHead
from onoma.tasks import NO_TARGET
from onoma.training.data import TaggingData
from onoma.training.examples import Example
from onoma.training.flat import Examples
from support.tagging import linear, model_of
from support.tiny import write_encoder
from support.wordpieces import wordpiece

LEARNER = LearnerSettings(
    groups=GroupSettings(learning_rate=0.01),
    warmup=0.1,
    clip=1.0,
    device=torch.device("cpu"),
    dtype=Dtype("fp32", "as set"),
)
LOOP = LoopSettings(epochs=4, patience=5, learner=LEARNER)
SETTINGS = {
    "plain": LOOP,
    "accumulated": replace(LOOP, accumulate=3),
    "averaged": replace(LOOP, learner=replace(LEARNER, average=0.9)),
    "in groups": replace(
        LOOP, learner=replace(LEARNER, groups=replace(LEARNER.groups, layer_decay=0.5, freeze_layers=1))
    ),
    "bf16": replace(LOOP, learner=replace(LEARNER, dtype=Dtype("bf16", "as set"))),
}


class Watch:
    """Remembers its events, and sends a signal after a step or asks to stop by itself."""

    def __init__(self, *, stop_at: int = 0, number: signal.Signals | None = signal.SIGTERM) -> None:
        self.notices: list[str] = []
        self.first = self.steps = 0
        self._stop_at, self._number = stop_at, number

    def __call__(self, event: Event) -> bool:
        if isinstance(event, Notice):
            self.notices.append(event.text)
        if isinstance(event, Stepped):
            self.first, self.steps = self.first or event.number, event.number
            if event.number == self._stop_at:
                if self._number is None:
                    return True
                os.kill(os.getpid(), self._number)
        return False


@pytest.fixture(scope="module")
def encoder(tmp_path_factory) -> Path:
    return write_encoder(tmp_path_factory.mktemp("encoder"), layers=2)


@pytest.fixture
def make(encoder: Path, tmp_path: Path):
    """Loops; those of one name share a folder of checkpoints and nothing else."""

    def loop(
        settings: LoopSettings, watch: Watch, *, name: str = "x", dev: bool = True, steps: int = 99
    ) -> Loop[PackedBatch]:
        torch.manual_seed(3)
        pretrained = load_pretrained(str(encoder))
        checkpointer = FileCheckpointer(
            Checkpoints(tmp_path / name),
            history=History(tmp_path / f"{name}.jsonl", warn=lambda text: watch(Notice(text))),
            steps=steps,
            on_event=watch,
        )
        made = Loop(
            model_of(pretrained.encoder, linear(pretrained.hidden, 3)),
            _data(budget=64),
            settings=settings,
            measure=(lambda: _score(made.clock.steps)) if dev else None,
            on_event=watch,
            checkpointer=checkpointer,
            stop=Stop(),
        )
        return made

    return loop


def _data(*, budget: int) -> TaggingData:
    random = np.random.default_rng(2)
    lengths = random.integers(5, 20, size=30)
    ids = [random.integers(5, 100, size=length).astype(np.int32) for length in lengths]
    examples = Examples.of(
        Example(
            each,
            np.where(each % 4 == 0, NO_TARGET, each % 3).astype(np.int32),
            np.zeros(len(each), dtype=np.uint8),
        )
        for each in ids
    )
    return TaggingData(examples, budget=budget, seed=5, tokenizer=wordpiece())


def _score(steps: int) -> Score:
    """One that rises and then falls, by the number of steps alone."""
    return Score(1 - abs(steps - 15) / 100, {"f1": 0.5})


def _run(loop: Loop[PackedBatch]) -> tuple[TrainState, dict[str, torch.Tensor]]:
    with loop.stop:
        state = loop.run()
    return state, loop.objective.state_dict()


def _same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(weights, other[name]) for name, weights in one.items())


@pytest.mark.parametrize("dev", [True, False])
@pytest.mark.parametrize("name", SETTINGS)
def test_stopped_and_resumed_it_ends_with_the_same_weights(make, name, dev):
    settings = SETTINGS[name]
    watch = Watch()
    state, whole = _run(make(settings, watch, name="whole", dev=dev))
    done = 0
    for stop_at in (1, watch.steps // 2, watch.steps - 1):
        stopped = Watch(stop_at=stop_at)
        with pytest.raises(StoppedError, match=f"after step {stop_at}"):
            _run(make(settings, stopped, dev=dev))
        assert stopped.first == done + 1
        done = stop_at
    resumed = Watch()
    again, weights = _run(make(settings, resumed, dev=dev))
    assert (resumed.first, resumed.steps) == (done + 1, watch.steps)
    assert (again.score, again.epochs, again.best_epoch) == (state.score, state.epochs, state.best_epoch)
    assert _same(whole, weights)


def test_a_signal_breaks_off_the_measuring_on_dev(make):
    _, whole = _run(make(LOOP, Watch(), name="whole"))
    loop = make(LOOP, Watch())

    def measure() -> Score:
        os.kill(os.getpid(), signal.SIGINT)
        raise AssertionError("goes on measuring")

    loop.measure = measure
    state, _ = _run(loop)
    assert (state.interrupted, state.epochs) == (True, 0)
    again, weights = _run(make(LOOP, Watch()))
    assert (again.interrupted, again.epochs) == (False, 4)
    assert _same(whole, weights)


def test_gradients_of_several_batches_are_those_of_one(make):
    """Up to rounding: the first step of the same examples, in one batch and in three."""
    losses = []
    for budget, accumulate in ((10_000, 1), (150, 3)):
        loop = make(replace(LOOP, accumulate=accumulate), Watch(), dev=False)
        loop.objective.eval()
        data = _data(budget=budget)
        batches = data.epoch(0)
        device = torch.device("cpu")
        assert len(batches) == accumulate
        losses.append(loop.learner.step([data.load(batch, epoch=0, device=device) for batch in batches]))
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_the_average_is_one_of_embeddings_that_do_not_lag_behind(make):
    """It is brought up to date in the eighth step, in which most rows have no gradient."""
    learner = make(SETTINGS["averaged"], Watch()).learner
    data = _data(budget=64)
    words = learner.objective.encoder.words.weight
    first = words.detach().clone()
    for batch in [*data.epoch(0), *data.epoch(1)][:8]:
        learner.step([data.load(batch, epoch=0, device=torch.device("cpu"))])
    with learner.settled():
        average = words.detach().clone()
    kept = min(0.9, 9 / 18) ** 8
    torch.testing.assert_close(average, kept * first + (1 - kept) * words)


def test_the_learning_rate_of_a_step_has_no_factor_of_single_parameters(make, monkeypatch):
    monkeypatch.setattr(LinearHead, "lr_multipliers", {"affine.bias": 50.0})
    rates: list[float] = []
    loop = make(replace(LOOP, epochs=1), Watch())
    loop.on_event = lambda event: rates.append(event.learning_rate) if isinstance(event, Stepped) else None
    _run(loop)
    assert rates[0] == pytest.approx(0.01)
    assert rates == sorted(rates, reverse=True)


def test_a_listener_ends_the_run_early_and_it_can_be_resumed(make):
    _, whole = _run(make(LOOP, Watch(), name="whole"))
    stopped, _ = _run(make(LOOP, Watch(stop_at=4, number=None)))
    assert (stopped.interrupted, stopped.epochs) == (True, 0)
    again, weights = _run(make(LOOP, Watch()))
    assert (again.interrupted, again.epochs) == (False, 4)
    assert _same(whole, weights)


def test_patience_counts_across_a_stop(make):
    settings = replace(LOOP, epochs=40, patience=2)
    state, _ = _run(make(settings, Watch(), name="whole"))
    with pytest.raises(StoppedError):
        _run(make(settings, Watch(stop_at=17)))
    again, _ = _run(make(settings, Watch()))
    assert again.epochs == state.epochs < 40


def test_patience_begins_after_the_warmup(make):
    loop = make(replace(LOOP, epochs=40, patience=2), Watch())
    loop.measure = lambda: Score(-loop.clock.steps)
    state, _ = _run(loop)
    assert (state.best_epoch, state.epochs) == (1, 6)


@pytest.mark.parametrize(("every", "epochs"), [(1, 6), (3, 6), (4, 8), (5, 10)])
def test_patience_ends_only_after_an_epoch_that_was_evaluated(make, every, epochs):
    loop = make(replace(LOOP, epochs=40, patience=2, evaluate_every=every), Watch())
    loop.measure = lambda: Score(1 / loop.clock.steps)
    state, _ = _run(loop)
    assert (state.best_epoch, state.epochs) == (every, epochs)


def test_without_patience_all_epochs_are_trained(make):
    loop = make(replace(LOOP, epochs=9, patience=None), Watch())
    loop.measure = lambda: Score(-loop.clock.steps)
    state, _ = _run(loop)
    assert (state.best_epoch, state.epochs) == (1, 9)


@pytest.mark.parametrize(("every", "evaluated"), [(1, [1, 2, 3, 4, 5]), (2, [2, 4, 5]), (5, [5]), (9, [5])])
def test_epochs_are_evaluated_at_an_interval_and_the_last_one_always(make, every, evaluated):
    loop = make(replace(LOOP, epochs=5, evaluate_every=every), Watch())
    epochs = []

    def measure() -> Score:
        epochs.append(loop.state.epochs + 1)
        return Score(loop.clock.steps)

    loop.measure = measure
    state, _ = _run(loop)
    assert epochs == evaluated
    assert (state.best_epoch, state.epochs) == (5, 5)


@pytest.mark.parametrize(
    ("scores", "best_epoch"),
    [([0.0, 0.0, 0.0], 3), ([0.0, 0.4, 0.0], 2), ([0.4, 0.4, 0.0], 1), ([-2.0, -2.0, -3.0], 1)],
)
def test_of_equal_scores_the_first_is_kept_but_of_zeros_the_last(make, scores, best_epoch):
    loop = make(replace(LOOP, epochs=3), Watch())
    loop.measure = lambda: Score(scores[loop.state.epochs])
    state, _ = _run(loop)
    assert (state.best_epoch, state.score) == (best_epoch, Score(max(scores)))


def test_a_full_disk_is_told_and_training_goes_on(make, monkeypatch):
    watch = Watch()
    loop = make(LOOP, watch, steps=5)

    def full(self: Checkpoints, state: object, *, step: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Checkpoints, "write", full)
    state, _ = _run(loop)
    assert state.epochs == 4
    assert watch.notices[0].startswith("step 5: no checkpoint could be written (No space left on device)")


class _OutOfMemory:
    def __init__(self, error: Exception) -> None:
        self.error = error

    def step(self, _batches: Sequence[object]) -> tuple[float, float]:
        raise self.error


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory"),
    ],
)
def test_a_batch_that_does_not_fit_names_the_setting(make, monkeypatch, error):
    loop = make(LOOP, Watch())
    monkeypatch.setattr(loop.learner, "step", _OutOfMemory(error).step)
    with pytest.raises(TrainingError, match=r"step 1 in epoch 1: .*training\.batch_subwords \(it is 64\)"):
        _run(loop)
