"""Events of a run, which are passed to a single listener function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from onoma.engine.dtype import Dtype


@dataclass(frozen=True, slots=True)
class Event:
    """Base class of all events."""


Listener = Callable[[Event], bool | None]
"""Function called with each event; if it returns True, the run stops after the current step, as with Ctrl-C."""


@dataclass(frozen=True, slots=True)
class Notice(Event):
    """A message that the user should see."""

    text: str


class NoticeCollector:
    """A listener that keeps the text of each notice, once, and ignores other events.

    Attributes:
        texts: the texts, in the order of the notices.
    """

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __call__(self, event: Event) -> None:
        if isinstance(event, Notice) and event.text not in self.texts:
            self.texts.append(event.text)


@dataclass(frozen=True, slots=True)
class Stage(Event):
    """The start of a stage that takes some time, such as reading, evaluation or export."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitNames:
    """Names of what a run counts, in the singular, for messages.

    Attributes:
        example: a training example.
        length: what the length of an example is counted in.
        epoch: a pass over all examples, or else a part of the run, at whose end it may be evaluated.
    """

    example: str = "window"
    length: str = "subword"
    epoch: str = "epoch"


FINE_TUNING_UNITS = UnitNames()
"""Names of what the fine-tuning of an encoder counts."""


@dataclass(frozen=True, slots=True)
class Planned(Event):
    """The start of training, with the plan of the run.

    Attributes:
        epochs: number of epochs of the whole run.
        steps: number of steps of the whole run.
        learning_rate: peak learning rate.
        head_learning_rate: peak learning rate of the head; None for ``learning_rate``.
        batch_subwords: maximum number of subwords per step.
        examples: number of training examples.
        subwords: number of subwords of all training examples.
        device: device to train on.
        dtype: dtype of the matrix products.
        done: number of steps already done by the run that is resumed.
        processes: number of processes that train together.
        units: names of what is counted.
    """

    epochs: int
    steps: int
    learning_rate: float
    head_learning_rate: float | None
    batch_subwords: int
    examples: int
    subwords: int
    device: str
    dtype: Dtype
    done: int = 0
    processes: int = 1
    units: UnitNames = FINE_TUNING_UNITS


@dataclass(frozen=True, slots=True)
class Stepped(Event):
    """The end of a step.

    Attributes:
        number: number of the step, counted from 1.
        epoch: number of the epoch, counted from 1.
        loss: loss, smoothed over the last steps.
        learning_rate: learning rate of the step, without the factors of layers and of single parameters.
        subwords_per_second: training speed in subwords without padding; evaluation is not counted.
        seconds: training time since the beginning of the run; evaluation is not counted.
        seconds_left: estimated remaining training time; evaluation is not counted.
    """

    number: int
    epoch: int
    loss: float
    learning_rate: float
    subwords_per_second: float
    seconds: float
    seconds_left: float


@dataclass(frozen=True, slots=True)
class Score:
    """The result of an evaluation.

    Attributes:
        value: score that selects the best epoch; higher is better.
        figures: all metrics to show and log, by name.
    """

    value: float
    figures: Mapping[str, float] = field(default_factory=dict)

    def replaces(self, best: Score | None) -> bool:
        """Return whether this score, which comes later, replaces the best one so far.

        Of equal scores, the first one is the best; but of scores of 0, which do not show what is learnt, the last one.
        """
        return best is None or self.value > best.value or self.value == best.value == 0


@dataclass(frozen=True, slots=True)
class EpochEnded(Event):
    """The end of an epoch, after its evaluation if there is one.

    Attributes:
        number: number of the epoch, counted from 1.
        step: number of steps done so far.
        loss: smoothed loss.
        score: result of the evaluation; None if the epoch was not evaluated.
        best: whether this is the best epoch so far; false if the epoch was not evaluated.
        seconds: training time since the beginning of the run; evaluation is not counted.
    """

    number: int
    step: int
    loss: float
    score: Score | None
    best: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class FitEnded(Event):
    """The end of the training of a model that is fitted at once, without steps and epochs.

    Attributes:
        score: result of the evaluation; None if there was none.
        seconds: training time; evaluation is not counted.
    """

    score: Score | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Ended(Event):
    """The end of the training loop, also if it ended with an error."""


@dataclass(frozen=True, slots=True)
class Interrupted(Event):
    """A run that was stopped early on request; the best model so far is saved next, and the run can be resumed."""


def ignore(event: object) -> None:
    """Ignore an event; the listener that does nothing."""


def several(*listeners: Listener) -> Listener:
    """Return a listener that calls several listeners in order, and requests a stop if any of them does."""

    def call(event: Event) -> bool:
        stop_requests = [listener(event) for listener in listeners]
        return any(stop_requests)

    return call
