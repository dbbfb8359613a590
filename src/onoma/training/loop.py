"""The loop: batches in, the best weights out. It knows neither files nor bundles."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from onoma.errors import OnomaError
from onoma.metrics import Report
from onoma.models import Model
from onoma.training.optimiser import make_optimiser, make_schedule
from onoma.training.precision import Precision
from onoma.training.progress import Epoch, Observer, Plan, Step
from onoma.training.sampling import Sampler

_SMOOTHING = 0.98


@dataclass(frozen=True, slots=True)
class LoopSettings:
    """Everything that the loop needs to know; see :class:`~onoma.training.config.TrainingConfig`."""

    epochs: int
    learning_rate: float
    warmup: float
    weight_decay: float
    clip: float
    patience: int
    pad_id: int
    device: torch.device
    precision: Precision


@dataclass(slots=True)
class Fitted:
    """How a loop ended.

    Attributes:
        dev: figures of the weights that the model now has; None without dev or before its first measure.
        epochs: epochs begun.
        interrupted: whether the user stopped it.
    """

    dev: Report | None = None
    epochs: int = 0
    interrupted: bool = False
    _best: dict[str, Tensor] | None = field(default=None, repr=False)

    def keep(self, model: Model, dev: Report) -> None:
        """Remember these weights as the best so far."""
        self.dev = dev
        self._best = copy.deepcopy(model.state_dict())

    def restore(self, model: Model) -> None:
        """Give the model the best weights, where any were measured."""
        if self._best is not None:
            model.load_state_dict(self._best)


def fit(
    model: Model,
    sampler: Sampler,
    *,
    settings: LoopSettings,
    measure: Callable[[], Report] | None,
    observer: Observer,
) -> Fitted:
    """Train a model; it ends with the weights of the epoch that was best on dev, or the last ones without dev.

    A KeyboardInterrupt ends the loop as if training had been over.

    Raises:
        OnomaError: the loss is no longer a number.
    """
    epochs = [sampler.epoch(number) for number in range(settings.epochs)]
    steps = sum(len(batches) for batches in epochs)
    observer.planned(
        Plan(
            epochs=settings.epochs,
            steps=steps,
            learning_rate=settings.learning_rate,
            batch_subwords=sampler.budget,
            examples=len(sampler.examples),
            subwords=sampler.subwords,
            device=str(settings.device),
            precision=settings.precision,
        )
    )
    optimiser = make_optimiser(model, learning_rate=settings.learning_rate, weight_decay=settings.weight_decay)
    schedule = make_schedule(optimiser, steps=steps, warmup=settings.warmup)
    fitted = Fitted()
    clock = _Clock(steps)
    best_epoch = 0
    try:
        for number, batches in enumerate(epochs, start=1):
            fitted.epochs = number
            model.train()
            for batch in batches:
                ids, mask, targets = (
                    part.to(settings.device) for part in sampler.tensors(batch, pad_id=settings.pad_id)
                )
                started = time.perf_counter()
                with settings.precision.products(settings.device):
                    loss = model.loss(ids, mask, targets)
                optimiser.zero_grad(set_to_none=True)
                torch.autograd.backward(loss)
                torch.nn.utils.clip_grad_norm_(model.parameters(), settings.clip)
                optimiser.step()
                schedule.step()
                value = loss.item()
                if not math.isfinite(value):
                    raise OnomaError(
                        f"step {clock.steps + 1}: the loss is {value}; lower training.learning_rate "
                        f"(it is {settings.learning_rate:g})"
                    )
                observer.stepped(
                    clock.tick(number, value, int(mask.sum()), time.perf_counter() - started),
                )
            dev = measure() if measure else None
            better = dev is not None and (fitted.dev is None or dev.exact.f1 > fitted.dev.exact.f1)
            if dev is not None and better:
                fitted.keep(model, dev)
            if better or dev is None:
                best_epoch = number
            observer.epoch_ended(Epoch(number=number, loss=clock.loss, dev=dev, best=better))
            if number - best_epoch >= settings.patience:
                break
    except KeyboardInterrupt:
        fitted.interrupted = True
    fitted.restore(model)
    return fitted


class _Clock:
    """Counts steps, subwords and seconds, and smooths the loss."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.steps = 0
        self.loss = math.nan
        self._subwords = 0
        self._seconds = 0.0

    def tick(self, epoch: int, loss: float, subwords: int, seconds: float) -> Step:
        self.steps += 1
        self._subwords += subwords
        self._seconds += seconds
        smoothing = min(_SMOOTHING, 1 - 1 / self.steps)
        self.loss = loss if self.steps == 1 else smoothing * self.loss + (1 - smoothing) * loss
        return Step(
            number=self.steps,
            epoch=epoch,
            loss=self.loss,
            subwords_per_second=self._subwords / self._seconds,
            seconds_left=(self.total - self.steps) * self._seconds / self.steps,
        )
