"""The training loop, which trains an objective and keeps the best weights. It is independent of tasks and files."""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic

import torch

from onoma.engine.checkpointer import Checkpointer
from onoma.engine.clock import Clock
from onoma.engine.data import AnyBatch, Data, Measure, Objective
from onoma.engine.devices import ALONE, ProcessGroup
from onoma.engine.events import FINE_TUNING_UNITS, Ended, EpochEnded, Event, Listener, Planned, Score, UnitNames
from onoma.engine.learner import Learner, LearnerSettings
from onoma.engine.stopping import Stop, StopNow
from onoma.engine.train_state import TrainState
from onoma.errors import StoppedError, TrainingError


@dataclass(frozen=True, slots=True)
class LoopSettings:
    """Settings of the training loop; see :class:`~onoma.training.config.TrainingConfig`.

    Attributes:
        epochs: maximum number of epochs.
        learner: settings of the training steps.
        patience: number of epochs without a better score after which training stops, at the next evaluation; those of
            the warmup do not count, nor those with scores of 0 at the beginning. None to train all epochs.
        accumulate: number of batches whose gradients are accumulated for each optimizer step.
        evaluate_every: number of epochs from one evaluation to the next; the last epoch is always evaluated.
        units: names of what is counted, for messages.
    """

    epochs: int
    learner: LearnerSettings
    patience: int | None = None
    accumulate: int = 1
    evaluate_every: int = 1
    units: UnitNames = FINE_TUNING_UNITS


class Loop(Generic[AnyBatch]):
    """The training loop of a run: its epochs and steps.

    Args:
        objective: objective to train.
        data: examples and the batches of each epoch.
        settings: settings of the loop.
        measure: function that evaluates the objective after epochs; None to keep the last weights.
        on_event: function called with each event; it stops the run by returning True.
        checkpointer: writes checkpoints and restores the newest one.
        stop: stop requests, which are checked after each step.
        ranks: processes that run the same loop on the same batches. Only ``measure`` and ``checkpointer`` of the first
            process are used. A signal to any process stops all of them after the same step.
    """

    def __init__(
        self,
        objective: Objective[AnyBatch],
        data: Data[AnyBatch],
        *,
        settings: LoopSettings,
        measure: Measure | None,
        on_event: Listener,
        checkpointer: Checkpointer,
        stop: Stop,
        ranks: ProcessGroup = ALONE,
    ) -> None:
        self.objective = objective
        self.data = data
        self.settings = settings
        self.measure = measure
        self.on_event = on_event
        self.checkpointer = checkpointer
        self.stop = stop
        self.ranks = ranks
        batches_per_epoch = (len(data.epoch(number)) for number in range(settings.epochs))
        steps = sum(math.ceil(batches / settings.accumulate) for batches in batches_per_epoch)
        self.learner = Learner(objective, settings=settings.learner, steps=steps, ranks=ranks)
        self.clock = Clock(steps)
        self.state = TrainState()
        self._is_over = False  # True if the restored checkpoint is that of the result of the run

    def run(self) -> TrainState:
        """Train to the end, and load the weights with the best score (without scores, the last weights).

        The first Ctrl-C, or a listener that returns True, ends training early with the best weights so far.

        Raises:
            TrainingError: the loss or the gradient is not finite, or a batch does not fit in memory.
            StoppedError: the process received SIGTERM.
        """
        self._restore()
        self._report_plan()
        try:
            self._train()
        finally:
            self.on_event(Ended())
        if stop_signal := self._stop_signal():
            self._handle_stop(stop_signal)
        if self.state.score is None and not self._is_over:
            with self.learner.settled():
                self.state.keep(self.objective)
        self.state.restore(self.objective)
        self.state.clock = self.clock.state_dict()
        return self.state

    def _train(self) -> None:
        if self._is_over:
            return
        while self.state.epochs < self.settings.epochs and not self._is_out_of_patience() and not self._stop_signal():
            if not self._run_epoch():
                return

    def _run_epoch(self) -> bool:
        """Train the rest of an epoch and evaluate it if it is due; return False if it was stopped before its end."""
        batches = self.data.epoch(self.state.epochs)
        self.objective.train()
        while self.state.batches < len(batches):
            step_batches = batches[self.state.batches : self.state.batches + self.settings.accumulate]
            self._run_step(step_batches)
            self.state.batches += len(step_batches)
            if self._stop_signal():
                return False
            self.checkpointer.step_done(self.clock.steps, self._snapshot)
        epoch = self.state.epochs + 1
        score: Score | None = None
        is_best = False
        if self._is_evaluated(epoch):
            with self.learner.settled():
                measured = self.ranks.broadcast(self._measured)
                if isinstance(measured, StopNow):
                    return False  # the evaluation was interrupted; it is repeated when the run is resumed
                score, is_best = measured, self._keep_if_best(measured)
            if is_best or score is None:
                self.state.best_epoch = epoch
        self.state.epochs = epoch
        self.state.batches = 0
        self._report(
            EpochEnded(
                number=epoch,
                step=self.clock.steps,
                loss=self.clock.loss,
                score=score,
                best=is_best,
                seconds=self.clock.seconds,
            )
        )
        self.checkpointer.epoch_done(self.clock.steps, self._snapshot)
        return True

    def _is_evaluated(self, epoch: int) -> bool:
        """Return whether an epoch, counted from 1, is followed by an evaluation."""
        return epoch % self.settings.evaluate_every == 0 or epoch == self.settings.epochs

    def _keep_if_best(self, score: Score | None) -> bool:
        """Keep the current weights if their score is the best so far, and return whether it is."""
        if score is None or not score.replaces(self.state.score):
            return False
        self.state.score = score
        self.state.keep(self.objective)
        return True

    def _measured(self) -> Score | StopNow | None:
        try:
            with self.stop.at_once():
                return self.measure() if self.measure else None
        except StopNow as interruption:
            return interruption

    def _run_step(self, step_batches: Sequence[Sequence[int]]) -> None:
        start_time = time.perf_counter()
        rate = self.learner.learning_rate
        device, epoch = self.settings.learner.device, self.state.epochs
        batches = [self.data.load(batch, epoch=epoch, device=device) for batch in step_batches]
        try:
            loss, norm = self.learner.step(batches)
        except (MemoryError, RuntimeError) as error:
            if not _is_out_of_memory(error):
                raise
            raise TrainingError(
                f"{self._position()}: a batch of {max(batch.subwords for batch in batches):,} subwords does not fit in "
                f"memory; lower training.batch_subwords (it is {self.data.budget:,}) or model.window, or set "
                f"training.recompute=true ({self.checkpointer.last_checkpoint()})"
            ) from error
        is_scaled = self.settings.learner.dtype.name == "fp16"
        if not math.isfinite(loss) or not (is_scaled or math.isfinite(norm)):
            problem = f"the loss is {loss}" if not math.isfinite(loss) else f"the norm of the gradient is {norm}"
            raise TrainingError(
                f"{self._position()}: {problem}, with "
                f"{self.data.describe([each for batch in step_batches for each in batch])}; "
                f"lower training.learning_rate (it was {rate:g} here), and check this text "
                f"({self.checkpointer.last_checkpoint()})"
            )
        seconds, subwords = time.perf_counter() - start_time, sum(batch.subwords for batch in batches)
        self._report(self.clock.tick(epoch + 1, loss=loss, learning_rate=rate, subwords=subwords, seconds=seconds))

    def _report(self, event: Event) -> None:
        if self.on_event(event):
            self.stop.request()

    def _position(self) -> str:
        return f"step {self.clock.steps + 1} in {self.settings.units.epoch} {self.state.epochs + 1}"

    def _is_out_of_patience(self) -> bool:
        if self.settings.patience is None or not self._is_evaluated(self.state.epochs):
            return False
        warmup_epochs = math.ceil(self.settings.learner.warmup * self.settings.epochs)
        return self.state.epochs - max(self.state.best_epoch, warmup_epochs) >= self.settings.patience

    def _stop_signal(self) -> signal.Signals | None:
        """Return the stop signal that any process has received; the result is the same in all processes."""
        number = self.ranks.largest(self.stop.signal or 0)
        return signal.Signals(number) if number else None

    def _handle_stop(self, stop_signal: signal.Signals) -> None:
        self.checkpointer.write(self.clock.steps, self._snapshot)
        checkpoint = self.ranks.broadcast(self.checkpointer.last_checkpoint)
        if stop_signal != signal.SIGINT:
            raise StoppedError(
                f"stopped by {stop_signal.name} after step {self.clock.steps}; pass --resume to continue ({checkpoint})"
            )
        self.state.interrupted = True

    def _report_plan(self) -> None:
        settings, learner = self.settings, self.settings.learner
        self.on_event(
            Planned(
                epochs=settings.epochs,
                steps=self.clock.total,
                learning_rate=learner.groups.learning_rate,
                head_learning_rate=learner.groups.head_learning_rate,
                batch_subwords=self.data.budget * settings.accumulate,
                examples=len(self.data),
                subwords=self.data.subwords,
                device=str(learner.device),
                dtype=learner.dtype,
                done=self.clock.steps,
                processes=self.ranks.size,
                units=settings.units,
            )
        )

    def _snapshot(self) -> dict[str, object]:
        return {
            "learner": self.learner.state_dict(),
            "clock": self.clock.state_dict(),
            "state": self.state.state_dict(),
        }

    def _restore(self) -> None:
        state = self.ranks.broadcast(self.checkpointer.restore)
        if state is not None:
            self.clock.load_state_dict(state["clock"])
            self.state.load_state_dict(state["state"])
            self._is_over = state["learner"] is None
            if not self._is_over:
                self.learner.load_state_dict(state["learner"])


def _is_out_of_memory(error: Exception) -> bool:
    """Return whether an error means that memory was exhausted; torch has no error class for this on a CPU."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or "DefaultCPUAllocator" in str(error)
