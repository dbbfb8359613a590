"""Time and trial limits of a search, and estimates of how many trials fit into them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from onoma.tuning.events import SearchForecast
from onoma.tuning.records import TrialRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Time and trial limits of a search.

    Attributes:
        trials: maximum number of trials of the whole study; None for no limit.
        seconds: time limit of this call, including the runs with new seeds; None for no limit.
        runs: number of runs with new seeds, which follow the search and for which time is reserved.
    """

    trials: int | None
    seconds: float | None
    runs: int


class BudgetTracker:
    """Decides when to start no further trials and when to stop running ones."""

    def __init__(self, budget: Budget, processes: int) -> None:
        self.budget = budget
        self._processes = processes
        self._start_time = time.monotonic()

    def left(self, records: Sequence[TrialRecord]) -> float | None:
        """Return the seconds left for the search; None for no limit."""
        if self.budget.seconds is None:
            return None
        reserved = min(self.budget.seconds / 2, self._estimate_seed_seconds(records))
        return self.budget.seconds - reserved - (time.monotonic() - self._start_time)

    def may_begin(self, records: Sequence[TrialRecord]) -> bool:
        """Return whether the time left is longer than the median time of the trials so far."""
        left = self.left(records)
        return left is None or left > _median_seconds(records)

    def forecast(self, records: Sequence[TrialRecord]) -> SearchForecast:
        """Estimate how many trials fit into the budget; needs at least one finished trial."""
        used = sum(record.state in ("finished", "pruned", "failed") for record in records)
        trial_seconds, left = _median_seconds(records), self.left(records)
        trial_limits = [] if left is None else [used + int(self._processes * max(0.0, left) / max(trial_seconds, 1e-3))]
        trial_limits += [] if self.budget.trials is None else [max(used, self.budget.trials)]
        trials = min(trial_limits)
        search_seconds = (trials - used) * trial_seconds / self._processes
        return SearchForecast(
            seconds=_median_full_seconds(records),
            trials=trials,
            runs=self.budget.runs,
            seconds_left=search_seconds + self._estimate_seed_seconds(records),
        )

    def _estimate_seed_seconds(self, records: Sequence[TrialRecord]) -> float:
        """Return the estimated seconds of the runs with new seeds."""
        return self.budget.runs * _median_full_seconds(records) / self._processes


def _median_full_seconds(records: Sequence[TrialRecord]) -> float:
    """Return the median seconds of the finished trials, without the pruned ones; 0 if there are none."""
    return median([record.seconds for record in records if record.state == "finished"] or [0.0])


def _median_seconds(records: Sequence[TrialRecord]) -> float:
    return median([record.seconds for record in records if record.state in ("finished", "pruned")] or [0.0])
