"""Counter of the steps, subwords and seconds of a run, with a smoothed loss."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from onoma.engine.events import Stepped

_SMOOTHING = 0.98


class Clock:
    """The training time and progress of a run; time outside of training steps, such as evaluation, is not counted.

    Args:
        total: number of steps of the whole run.
    """

    def __init__(self, total: int) -> None:
        self.total = total
        self.steps = 0
        self.loss = math.nan
        self.seconds = 0.0
        self._start_step = 0
        self._process_subwords = 0
        self._process_seconds = 0.0

    def tick(self, epoch: int, *, loss: float, learning_rate: float, subwords: int, seconds: float) -> Stepped:
        """Count a step; the speed and the remaining time are estimated from the steps of this process only."""
        self.steps += 1
        self.seconds += seconds
        self._process_subwords += subwords
        self._process_seconds += seconds
        smoothing = min(_SMOOTHING, 1 - 1 / self.steps)
        self.loss = loss if self.steps == 1 else smoothing * self.loss + (1 - smoothing) * loss
        return Stepped(
            number=self.steps,
            epoch=epoch,
            loss=self.loss,
            learning_rate=learning_rate,
            subwords_per_second=self._process_subwords / self._process_seconds,
            seconds=self.seconds,
            seconds_left=(self.total - self.steps) * self._process_seconds / (self.steps - self._start_step),
        )

    def state_dict(self) -> dict[str, object]:
        return {"steps": self.steps, "loss": self.loss, "seconds": self.seconds}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.steps = self._start_step = state["steps"]
        self.loss, self.seconds = state["loss"], state["seconds"]
