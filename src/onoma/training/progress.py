"""What training tells whoever watches."""

from __future__ import annotations

from dataclasses import dataclass

from onoma.metrics import Report
from onoma.training.precision import Precision


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is about to do."""

    epochs: int
    steps: int
    learning_rate: float
    batch_subwords: int
    examples: int
    subwords: int
    device: str
    precision: Precision


@dataclass(frozen=True, slots=True)
class Step:
    """A step done.

    Attributes:
        number: counted from 1.
        loss: mean over the words of the last steps, smoothed.
        subwords_per_second: real subwords, padding not counted, evaluation not counted.
        seconds_left: estimated, evaluation not counted.
    """

    number: int
    epoch: int
    loss: float
    subwords_per_second: float
    seconds_left: float


@dataclass(frozen=True, slots=True)
class Epoch:
    """An epoch's end.

    Attributes:
        number: counted from 1.
        dev: figures on dev; None without dev.
        best: whether this is the best epoch so far.
    """

    number: int
    loss: float
    dev: Report | None
    best: bool


class Observer:
    """Watches a run; this one does nothing, subclasses override what they want to see."""

    def notice(self, text: str) -> None:
        """Something the user should know."""

    def planned(self, plan: Plan) -> None:
        """Training is about to begin."""

    def stepped(self, step: Step) -> None:
        """A step is done."""

    def epoch_ended(self, epoch: Epoch) -> None:
        """An epoch is over."""

    def stage(self, text: str) -> None:
        """Something that takes seconds begins: reading, export, measuring."""

    def tested(self, report: Report) -> None:
        """The finished model was measured on test."""
