"""The loop: batches in, the best weights out. It knows neither files nor bundles."""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from onoma.engine.checkpointer import Checkpointer
from onoma.engine.clock import Clock
from onoma.engine.data import Data
from onoma.engine.devices import ALONE, Ranks
from onoma.engine.events import Epoch, Observer, Plan
from onoma.engine.learner import Learner, LearnerSettings
from onoma.engine.stopping import Stop, StopNow
from onoma.engine.train_state import TrainState
from onoma.errors import StoppedError, TrainingError
from onoma.metrics import Report
from onoma.models import Model


@dataclass(frozen=True, slots=True)
class LoopSettings:
    """Everything that the loop needs to know; see :class:`~onoma.training.config.TrainingConfig`."""

    epochs: int
    patience: int
    learner: LearnerSettings
    accumulate: int = 1


class Loop:
    """A run's epochs and steps.

    Args:
        model: what learns.
        sampler: gives the batches of each epoch.
        settings: how long and how.
        measure: figures on dev of the model as it is; None without dev.
        observer: is told how it goes.
        checkpointer: writes checkpoints and gives back the newest.
        stop: is asked after each step whether that was the last.
        describe: names examples to people by their positions.
        ranks: the processes that run the same loop on the same batches. The first one's ``measure`` and
            ``checkpointer`` count for all, and a signal to one of them ends all after the same step.
    """

    def __init__(
        self,
        model: Model,
        sampler: Data,
        *,
        settings: LoopSettings,
        measure: Callable[[], Report] | None,
        observer: Observer,
        checkpointer: Checkpointer,
        stop: Stop,
        describe: Callable[[Sequence[int]], str],
        ranks: Ranks = ALONE,
    ) -> None:
        self.model = model
        self.sampler = sampler
        self.settings = settings
        self.measure = measure
        self.observer = observer
        self.checkpointer = checkpointer
        self.stop = stop
        self.describe = describe
        self.ranks = ranks
        per_epoch = (len(sampler.epoch(number)) for number in range(settings.epochs))
        steps = sum(math.ceil(batches / settings.accumulate) for batches in per_epoch)
        self.learner = Learner(model, settings=settings.learner, steps=steps, ranks=ranks)
        self.clock = Clock(steps)
        self.fitted = TrainState()

    def run(self) -> TrainState:
        """Train to the end; the model then has the weights that were best on dev, or the last ones without dev.

        A first Ctrl-C or a KeyboardInterrupt of an observer ends the loop as if training had been over.

        Raises:
            TrainingError: the loss is no longer a number, or a batch does not fit in memory.
            StoppedError: SIGTERM came.
        """
        self._restore()
        self._announce()
        try:
            self._train()
        finally:
            self.observer.ended()
        told = self._told_to_stop()
        if told:
            self._stopped(told)
        if self.fitted.dev is None:
            with self.learner.settled():
                self.fitted.keep(self.model)
        self.fitted.restore(self.model)
        return self.fitted

    def _train(self) -> None:
        try:
            while self.fitted.epochs < self.settings.epochs and not self._in_vain() and not self._told_to_stop():
                self._epoch()
        except StopNow:
            pass  # measuring on dev was broken off; it is repeated when the run is resumed
        except KeyboardInterrupt:
            if self.stop.signal or not self.ranks.alone:
                raise
            self.fitted.interrupted = True

    def _epoch(self) -> None:
        batches = self.sampler.epoch(self.fitted.epochs)
        self.model.train()
        while self.fitted.batches < len(batches):
            chosen = batches[self.fitted.batches : self.fitted.batches + self.settings.accumulate]
            self._step(chosen)
            self.fitted.batches += len(chosen)
            if self._told_to_stop():
                return
            self.checkpointer.step_done(self.clock.steps, self._state)
        with self.learner.settled():
            dev = self.ranks.told(self._measured)
            if isinstance(dev, StopNow):
                raise dev
            better = dev is not None and (self.fitted.dev is None or dev.exact.f1 > self.fitted.dev.exact.f1)
            if better:
                self.fitted.dev = dev
                self.fitted.keep(self.model)
        self.fitted.epochs += 1
        self.fitted.batches = 0
        if better or dev is None:
            self.fitted.best_epoch = self.fitted.epochs
        self.observer.epoch_ended(
            Epoch(
                number=self.fitted.epochs,
                step=self.clock.steps,
                loss=self.clock.loss,
                dev=dev,
                best=better,
                seconds=self.clock.seconds,
            )
        )
        self.checkpointer.epoch_done(self.clock.steps, self._state)

    def _measured(self) -> Report | StopNow | None:
        try:
            with self.stop.at_once():
                return self.measure() if self.measure else None
        except StopNow as broken_off:
            return broken_off

    def _step(self, chosen: Sequence[Sequence[int]]) -> None:
        started = time.perf_counter()
        rate = self.learner.learning_rate
        device = self.settings.learner.device
        batches = [self.sampler.tensors(batch, device=device) for batch in chosen]
        subwords = sum(len(ids) for ids, _, _ in batches)
        try:
            loss, norm = self.learner.step(batches)
        except (MemoryError, RuntimeError) as error:
            if not _no_room(error):
                raise
            raise TrainingError(
                f"{self._where()}: a batch of {max(len(ids) for ids, _, _ in batches):,} subwords does not fit in "
                f"memory; lower training.batch_subwords (it is {self.sampler.budget:,}) or model.window, or set "
                f"training.recompute=true ({self.checkpointer.what_stands()})"
            ) from error
        scaled = self.settings.learner.dtype.name == "fp16"
        if not math.isfinite(loss) or not (scaled or math.isfinite(norm)):
            what = f"the loss is {loss}" if not math.isfinite(loss) else f"the norm of the gradient is {norm}"
            raise TrainingError(
                f"{self._where()}: {what}, with {self.describe([each for batch in chosen for each in batch])}; "
                f"lower training.learning_rate (it was {rate:g} here), and look at this text "
                f"({self.checkpointer.what_stands()})"
            )
        seconds = time.perf_counter() - started
        epoch = self.fitted.epochs + 1
        self.observer.stepped(self.clock.tick(epoch, loss=loss, learning_rate=rate, subwords=subwords, seconds=seconds))

    def _where(self) -> str:
        return f"step {self.clock.steps + 1} in epoch {self.fitted.epochs + 1}"

    def _in_vain(self) -> bool:
        return self.fitted.epochs - self.fitted.best_epoch >= self.settings.patience

    def _told_to_stop(self) -> signal.Signals | None:
        """The signal that came, be it to another process; all get the same answer."""
        number = self.ranks.largest(self.stop.signal or 0)
        return signal.Signals(number) if number else None

    def _stopped(self, told: signal.Signals) -> None:
        self.checkpointer.write(self.clock.steps, self._state)
        what_stands = self.ranks.told(self.checkpointer.what_stands)
        if told != signal.SIGINT:
            raise StoppedError(
                f"stopped by {told.name} after step {self.clock.steps}; pass --resume to go on ({what_stands})"
            )
        self.fitted.interrupted = True

    def _announce(self) -> None:
        settings, learner = self.settings, self.settings.learner
        self.observer.planned(
            Plan(
                epochs=settings.epochs,
                steps=self.clock.total,
                learning_rate=learner.groups.learning_rate,
                batch_subwords=self.sampler.budget * settings.accumulate,
                examples=len(self.sampler),
                subwords=self.sampler.subwords,
                device=str(learner.device),
                dtype=learner.dtype,
                done=self.clock.steps,
                processes=self.ranks.size,
            )
        )

    def _state(self) -> dict[str, object]:
        return {
            "learner": self.learner.state_dict(),
            "clock": self.clock.state_dict(),
            "fitted": self.fitted.state_dict(),
        }

    def _restore(self) -> None:
        state = self.ranks.told(self.checkpointer.restore)
        if state is not None:
            self.clock.load_state_dict(state["clock"])
            self.fitted.load_state_dict(state["fitted"])
            self.learner.load_state_dict(state["learner"])


def _no_room(error: Exception) -> bool:
    """Whether memory was too small; on a CPU torch has no error of its own for that."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or "DefaultCPUAllocator" in str(error)
