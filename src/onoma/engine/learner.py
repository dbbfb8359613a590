"""The training step: forward and backward pass, optimizer and schedule, with state that can be saved and restored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic

import numpy as np
import torch

from onoma.engine.average import WeightAverage
from onoma.engine.data import AnyBatch, Objective
from onoma.engine.devices import ALONE, ProcessGroup
from onoma.engine.dtype import Dtype
from onoma.engine.groups import GroupSettings
from onoma.engine.heap import STEPS_BETWEEN, set_up_heap, trim_heap
from onoma.engine.optimizer import divide_gradients, make_optimizer, make_schedule, norm_of_gradients, set_step
from onoma.engine.reduction import sum_gradients
from onoma.errors import ConfigError

_TINY = torch.finfo(torch.float32).tiny


@dataclass(frozen=True, slots=True)
class LearnerSettings:
    """Settings of the training steps; see :class:`~onoma.engine.config.EngineConfig`.

    Attributes:
        groups: learning rates, weight decay and freezing of the parameters.
        warmup: share of all steps in which the learning rate rises to its peak.
        clip: maximum norm of the gradient.
        device: device to train on.
        dtype: dtype of the matrix products.
        average: decay of the moving average of the weights; None for no average.
        seed: random seed of the steps; used only if several processes train together.
        head_first: share of all steps in which only the head is trained; the warmup of the other parameters starts
            after them.
    """

    groups: GroupSettings
    warmup: float
    clip: float
    device: torch.device
    dtype: Dtype
    average: float | None = None
    seed: int = 0
    head_first: float = 0.0


class Learner(Generic[AnyBatch]):
    """An objective with its optimizer, learning rate schedule, loss scaler and optional average of the weights.

    Args:
        objective: objective to train.
        settings: settings of the training steps.
        steps: number of steps of the whole run.
        ranks: processes that take each step together; they have the same weights after each step.
    """

    def __init__(
        self, objective: Objective[AnyBatch], *, settings: LearnerSettings, steps: int, ranks: ProcessGroup = ALONE
    ) -> None:
        self.objective = objective
        self.ranks = ranks
        ranks.broadcast_tensors(objective.parameters())
        self.settings = settings
        if settings.device.type == "cpu":
            set_up_heap()
        self._optimizer = make_optimizer(objective, settings=settings.groups)
        self._schedule = make_schedule(
            self._optimizer, steps=steps, warmup=settings.warmup, head_first=settings.head_first
        )
        self._scaler = settings.dtype.scaler(settings.device)
        # the scaler creates its factor at the first use, but a process may have no part of the first batch
        self._scaler.scale(torch.zeros((), device=settings.device))
        self._average = None if settings.average is None else WeightAverage(objective, decay=settings.average)

    @property
    def learning_rate(self) -> float:
        """Learning rate of the next step, without the factors of layers and of single parameters."""
        return self.settings.groups.learning_rate * self._schedule.lr_lambdas[-1](self._schedule.last_epoch)

    def step(self, batches: Sequence[AnyBatch]) -> tuple[float, float]:
        """Take an optimizer step on several batches as if they were one (gradient accumulation).

        If several processes train together, all of them must get the same batches; each computes its part of them.

        Returns:
            The loss, and the norm of the gradient before clipping.
        """
        self._optimizer.zero_grad(set_to_none=True)
        self._seed_step()
        is_single_part = len(batches) == 1 and self.ranks.alone
        losses, weights = [], []
        for batch in batches:
            self._optimizer.apply_missed_updates(batch.ids)
            part = batch.part(self.ranks.rank, self.ranks.size)
            if part is None:
                continue
            with self.settings.dtype.products(self.settings.device):
                loss, weight = self.objective.loss(part)
            loss = loss / weight.clamp(min=_TINY) if is_single_part else loss
            torch.autograd.backward(self._scaler.scale(loss))
            losses.append(loss.item())
            weights.append(weight.item())
        sum_gradients(self.objective.parameters(), ranks=self.ranks)
        self._scaler.unscale_(self._optimizer)
        total_weight = 1.0 if is_single_part else max(self.ranks.sum(sum(weights)), _TINY)
        if not is_single_part:
            divide_gradients(self.objective.parameters(), by=total_weight)
        norm = norm_of_gradients(self.objective.parameters())
        self._optimizer.clip(norm, largest=self.settings.clip)
        self._scaler.step(self._optimizer)
        self._scaler.update()
        self._schedule.step()
        if self._average is not None:
            if self._average.due:
                self._optimizer.apply_missed_updates()
            self._average.update()
        if self.settings.device.type == "cpu" and self._schedule.last_epoch % STEPS_BETWEEN == 0:
            trim_heap()
        return self.ranks.sum(sum(losses)) / total_weight, norm

    @contextmanager
    def settled(self) -> Iterator[None]:
        """Give the model the weights to evaluate or save inside this context: the average, if there is one."""
        self._optimizer.apply_missed_updates()
        if self._average is None:
            yield
        else:
            with self._average.applied():
                yield

    def state_dict(self) -> dict[str, object]:
        """Return everything that the next step depends on, including random states; tensors are not copied."""
        on_gpu = self.settings.device.type == "cuda"
        return {
            "model": self.objective.state_dict(),
            "optimizer": self._optimizer.state_dict()["state"],
            "steps": self._schedule.last_epoch,
            "scaler": self._scaler.state_dict(),
            "average": None if self._average is None else self._average.state_dict(),
            "random": torch.get_rng_state(),
            "random of GPUs": torch.cuda.get_rng_state_all() if on_gpu else [],
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore the state that :meth:`state_dict` returned; learning rates and weight decay follow the settings.

        Raises:
            ConfigError: the state does not fit the model or its parameter groups.
        """
        try:
            self.objective.load_state_dict(state["model"])
            groups = self._optimizer.state_dict()["param_groups"]
            self._optimizer.load_state_dict({"state": state["optimizer"], "param_groups": groups})
            if self._average is not None and state["average"] is not None:
                self._average.load_state_dict(state["average"])
        except (RuntimeError, ValueError, KeyError) as error:
            raise ConfigError(
                f"the checkpoint does not fit the model or its groups of parameters ({error}); resume with the "
                "former settings, or pass --overwrite to start again"
            ) from error
        set_step(self._schedule, state["steps"])
        if state["scaler"]:
            self._scaler.load_state_dict(state["scaler"])
        torch.set_rng_state(state["random"])
        if state["random of GPUs"] and self.settings.device.type == "cuda":
            torch.cuda.set_rng_state_all(state["random of GPUs"])

    def _seed_step(self) -> None:
        """Seed the dropout of a step, if several processes train together.

        The seed depends on the step and the rank, so that dropout differs between processes and is the same again
        after resuming. The random state of the step before is not used, because a checkpoint contains only that of the
        first process.
        """
        if not self.ranks.alone:
            entropy = (self.settings.seed, self._schedule.last_epoch, self.ranks.rank)
            torch.manual_seed(int(np.random.SeedSequence(entropy).generate_state(1, np.uint64)[0]))
