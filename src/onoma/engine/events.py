"""What happens during a long run, each event a value that is handed to one callable."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from onoma.engine.dtype import Dtype


@dataclass(frozen=True, slots=True)
class Event:
    """Anything that happens."""


Listener = Callable[[Event], bool | None]
"""Called with each event. Returning True asks the run to stop after the present step, as Ctrl-C does."""


@dataclass(frozen=True, slots=True)
class Notice(Event):
    """Something the user should know."""

    text: str


@dataclass(frozen=True, slots=True)
class Stage(Event):
    """Something that takes seconds begins: reading, export, measuring."""

    text: str


@dataclass(frozen=True, slots=True)
class Planned(Event):
    """Training is about to begin.

    Attributes:
        done: steps that a resumed run has done already.
        processes: that train together.
        stretch: what people call that after which the objective is measured: an epoch, or a part of the run.
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
    stretch: str = "epoch"


@dataclass(frozen=True, slots=True)
class Stepped(Event):
    """A step is done.

    Attributes:
        number: counted from 1.
        loss: of the last steps, smoothed.
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
class Score:
    """What a measure found.

    Attributes:
        value: what is compared; higher is better.
        figures: to be shown and logged, by name.
    """

    value: float
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EpochEnded(Event):
    """An epoch is over.

    Attributes:
        number: counted from 1.
        step: steps done.
        loss: smoothed.
        score: what was measured; None without a measure.
        best: whether this is the best epoch so far.
        seconds: since the beginning, evaluation not counted.
    """

    number: int
    step: int
    loss: float
    score: Score | None
    best: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class FitEnded(Event):
    """A model that is fitted in one go, without steps and epochs, is fitted.

    Attributes:
        score: what was measured; None without a measure.
        seconds: that it took, evaluation not counted.
    """

    score: Score | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Ended(Event):
    """The loop is over, be it through an error."""


@dataclass(frozen=True, slots=True)
class Interrupted(Event):
    """The run was asked to stop; the best model so far is written next, and the run can be resumed."""


def ignore(event: Event) -> None:
    """A listener that does nothing."""


def several(*listeners: Listener) -> Listener:
    """One listener that calls several in their order, and asks to stop where one of them does."""

    def call(event: Event) -> bool:
        asked = [listener(event) for listener in listeners]
        return any(asked)

    return call
