"""What happens in a search, for whoever listens."""

from __future__ import annotations

from dataclasses import dataclass

from onoma.tuning.records import TrialRecord
from onoma.tuning.space import Params


@dataclass(frozen=True, slots=True)
class SearchEvent:
    """Something that happens in a search."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialBegun(SearchEvent):
    """A trial begins, or goes on where ``number`` is that of an earlier one."""

    number: int
    params: Params


@dataclass(frozen=True, slots=True)
class TrialProgress(SearchEvent):
    """A trial does something new."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class TrialEnded(SearchEvent):
    """A trial is over.

    Attributes:
        record: of the trial.
        best: whether no finished trial is better.
    """

    record: TrialRecord
    best: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchForecast(SearchEvent):
    """What fits into the budget, from how long trials have taken.

    Attributes:
        seconds: that a whole trial takes.
        trials: that the study will have; None where nothing bounds them.
        seconds_left: until all is done, runs with new seeds included.
    """

    seconds: float
    trials: int
    seconds_left: float


@dataclass(frozen=True, slots=True)
class WorkerDied(SearchEvent):
    """A process has died; its trial is tried again once.

    Attributes:
        how: by which signal or with which exit status.
        left: processes that go on.
    """

    how: str
    left: int


@dataclass(frozen=True, slots=True)
class OthersRunning(SearchEvent):
    """Nothing is left to begin, but other calls still have so many trials."""

    trials: int
