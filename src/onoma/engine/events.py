"""What training tells whoever watches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from onoma.engine.dtype import Dtype
from onoma.metrics import Report


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is about to do.

    Attributes:
        done: steps that a run which is resumed has done already.
        processes: that train together.
    """

    epochs: int
    steps: int
    learning_rate: float
    batch_subwords: int
    examples: int
    subwords: int
    device: str
    dtype: Dtype
    done: int = 0
    processes: int = 1


@dataclass(frozen=True, slots=True)
class Step:
    """A step done.

    Attributes:
        number: counted from 1.
        loss: mean over the words of the last steps, smoothed.
        learning_rate: the highest of all parameters.
        subwords_per_second: real subwords, evaluation not counted.
        seconds: since the beginning, evaluation not counted.
        seconds_left: estimated, evaluation not counted.
    """

    number: int
    epoch: int
    loss: float
    learning_rate: float
    subwords_per_second: float
    seconds: float
    seconds_left: float


@dataclass(frozen=True, slots=True)
class Epoch:
    """An epoch's end.

    Attributes:
        number: counted from 1.
        step: steps done.
        loss: smoothed.
        dev: figures on dev; None without dev.
        best: whether this is the best epoch so far.
        seconds: since the beginning, evaluation not counted.
    """

    number: int
    step: int
    loss: float
    dev: Report | None
    best: bool
    seconds: float


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

    def ended(self) -> None:
        """Training is over, be it through an error."""

    def stage(self, text: str) -> None:
        """Something that takes seconds begins: reading, export, measuring."""

    def interrupted(self) -> None:
        """The user has stopped the run; the best model so far is written next, and the run can be resumed."""

    def tested(self, report: Report) -> None:
        """The finished model was measured on test."""


class Observers(Observer):
    """Several who watch the same run, told in this order."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        self._observers = observers

    def notice(self, text: str) -> None:
        for observer in self._observers:
            observer.notice(text)

    def planned(self, plan: Plan) -> None:
        for observer in self._observers:
            observer.planned(plan)

    def stepped(self, step: Step) -> None:
        for observer in self._observers:
            observer.stepped(step)

    def epoch_ended(self, epoch: Epoch) -> None:
        for observer in self._observers:
            observer.epoch_ended(epoch)

    def ended(self) -> None:
        for observer in self._observers:
            observer.ended()

    def stage(self, text: str) -> None:
        for observer in self._observers:
            observer.stage(text)

    def tested(self, report: Report) -> None:
        for observer in self._observers:
            observer.tested(report)
