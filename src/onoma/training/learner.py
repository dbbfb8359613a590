"""One step of training: everything that it changes, and how that is put aside and taken up again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Int64
from torch import Tensor

from onoma.errors import ConfigError
from onoma.models import Model
from onoma.training.average import WeightAverage
from onoma.training.groups import GroupSettings
from onoma.training.optimiser import clip_gradients, make_optimiser, make_schedule, set_step
from onoma.training.precision import Precision

Batch = tuple[Int64[Tensor, "_"], Int64[Tensor, "_"], Int64[Tensor, "_"]]
"""Ids, lengths and targets, see :meth:`onoma.models.Model.loss`; each batch has as many of them as it has."""


@dataclass(frozen=True, slots=True)
class LearnerSettings:
    """How a model learns; see :class:`~onoma.training.config.TrainingConfig`."""

    groups: GroupSettings
    warmup: float
    clip: float
    device: torch.device
    precision: Precision
    average: float | None = None


class Learner:
    """A model with its optimiser, its rate's schedule, and, where wanted, the average of its weights.

    Args:
        model: what learns.
        settings: how.
        steps: of the whole run.
    """

    def __init__(self, model: Model, *, settings: LearnerSettings, steps: int) -> None:
        self.model = model
        self.settings = settings
        self._optimiser = make_optimiser(model, settings=settings.groups)
        self._schedule = make_schedule(self._optimiser, steps=steps, warmup=settings.warmup)
        self._scaler = settings.precision.scaler(settings.device)
        self._average = None if settings.average is None else WeightAverage(model, decay=settings.average)

    @property
    def learning_rate(self) -> float:
        """That of the next step, the highest of all parameters."""
        return max(float(group["lr"]) for group in self._optimiser.param_groups)

    def step(self, batches: Sequence[Batch]) -> tuple[float, float]:
        """Learn from some batches as if they were one.

        Returns:
            The loss, and the norm of its gradient before it was clipped.
        """
        shares = _shares(self.model, batches)
        self._optimiser.zero_grad(set_to_none=True)
        losses = []
        for (ids, lengths, targets), share in zip(batches, shares, strict=True):
            self._optimiser.catch_up(ids)
            with self.settings.precision.products(self.settings.device):
                loss = self.model.loss(ids, lengths, targets)
            loss = loss if share is None else loss * share
            torch.autograd.backward(self._scaler.scale(loss))
            losses.append(loss.detach())
        self._scaler.unscale_(self._optimiser)
        norm = clip_gradients(self.model.parameters(), largest=self.settings.clip)
        self._scaler.step(self._optimiser)
        self._scaler.update()
        self._schedule.step()
        if self._average is not None:
            self._average.update()
        return float(sum(loss.item() for loss in losses)), norm

    @contextmanager
    def settled(self) -> Iterator[None]:
        """The model has in here the weights that are to be measured or saved."""
        self._optimiser.catch_up()
        if self._average is None:
            yield
        else:
            with self._average.applied():
                yield

    def state_dict(self) -> dict[str, object]:
        """Everything that the next step depends on, random states included; tensors are not copied."""
        on_gpu = self.settings.device.type == "cuda"
        return {
            "model": self.model.state_dict(),
            "optimiser": self._optimiser.state_dict()["state"],
            "steps": self._schedule.last_epoch,
            "scaler": self._scaler.state_dict(),
            "average": None if self._average is None else self._average.state_dict(),
            "random": torch.get_rng_state(),
            "random of GPUs": torch.cuda.get_rng_state_all() if on_gpu else [],
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where :meth:`state_dict` was asked. Rates and decays stay what the settings say.

        Raises:
            ConfigError: that was a learner of another make.
        """
        try:
            self.model.load_state_dict(state["model"])
            groups = self._optimiser.state_dict()["param_groups"]
            self._optimiser.load_state_dict({"state": state["optimiser"], "param_groups": groups})
            if self._average is not None and state["average"] is not None:
                self._average.load_state_dict(state["average"])
        except (RuntimeError, ValueError, KeyError) as error:
            raise ConfigError(
                f"the checkpoint does not fit the model or its groups of parameters ({error}); resume with the "
                "settings it began with, or pass --overwrite to start anew"
            ) from error
        set_step(self._schedule, state["steps"])
        if state["scaler"]:
            self._scaler.load_state_dict(state["scaler"])
        torch.set_rng_state(state["random"])
        if state["random of GPUs"] and self.settings.device.type == "cuda":
            torch.cuda.set_rng_state_all(state["random of GPUs"])


def _shares(model: Model, batches: Sequence[Batch]) -> list[Tensor | None]:
    """What each batch's loss counts in the loss of all; None where there is but one."""
    if len(batches) == 1:
        return [None]
    masses = [model.head.mass(targets) for _, _, targets in batches]
    total = torch.stack(masses).sum().clamp(min=torch.finfo(torch.float32).tiny)
    return [mass / total for mass in masses]
