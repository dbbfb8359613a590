"""Events of a search, for listeners."""

from __future__ import annotations

from dataclasses import dataclass

from onoma.tuning.records import TrialRecord
from onoma.tuning.space import Params


@dataclass(frozen=True, slots=True)
class SearchEvent:
    """Base class of the events of a search."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialBegun(SearchEvent):
    """Start of a trial, or continuation of an interrupted one with the same ``number``."""

    number: int
    params: Params


@dataclass(frozen=True, slots=True)
class TrialProgress(SearchEvent):
    """Progress of a running trial, as a short text."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class TrialEnded(SearchEvent):
    """End of a trial.

    Attributes:
        record: record of the trial.
        best: whether it is the best of the finished trials; of equally good ones, the first is.
    """

    record: TrialRecord
    best: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchForecast(SearchEvent):
    """Estimate of how many trials fit into the budget, from the time that trials have taken.

    Attributes:
        seconds: median time of a finished trial.
        trials: expected number of trials of the study.
        runs: number of runs with new seeds that follow the search.
        seconds_left: seconds until everything is done, including the runs with new seeds.
    """

    seconds: float
    trials: int
    runs: int
    seconds_left: float


@dataclass(frozen=True, slots=True)
class WorkerDied(SearchEvent):
    """Unexpected end of a worker process.

    Attributes:
        how: signal or exit status with which the process ended.
        left: number of worker processes that are left.
        repeats: whether its trial is repeated. A trial fails if its process dies a second time; this is another event.
    """

    how: str
    left: int
    repeats: bool


@dataclass(frozen=True, slots=True)
class OthersRunning(SearchEvent):
    """Waiting for other calls: this one has no trial left to start, but others are still running trials.

    Attributes:
        trials: number of trials that other calls are running.
    """

    trials: int
