"""How long a search may take, and what fits into that."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from onoma.tuning.events import SearchForecast
from onoma.tuning.records import TrialRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How long is searched.

    Attributes:
        trials: of the whole study; None for no bound.
        seconds: of this call, the runs with new seeds included; None for no bound.
        runs: with new seeds, which come after the search and for which time is kept.
    """

    trials: int | None
    seconds: float | None
    runs: int


class BudgetTracker:
    """Says when no further trial is begun, and when those that run are stopped."""

    def __init__(self, budget: Budget, processes: int) -> None:
        self.budget = budget
        self._processes = processes
        self._began = time.monotonic()

    def left(self, records: Sequence[TrialRecord]) -> float | None:
        """Seconds that the search has left; None for no bound."""
        if self.budget.seconds is None:
            return None
        kept = min(self.budget.seconds / 2, self._seeds(records))
        return self.budget.seconds - kept - (time.monotonic() - self._began)

    def may_begin(self, records: Sequence[TrialRecord]) -> bool:
        """Whether there is time enough for a trial to end, as long as trials have commonly taken."""
        left = self.left(records)
        return left is None or left > _commonly(records)

    def forecast(self, records: Sequence[TrialRecord]) -> SearchForecast:
        """What fits, where a trial has finished."""
        used = sum(record.state in ("finished", "pruned", "failed") for record in records)
        commonly, left = _commonly(records), self.left(records)
        fitting = [] if left is None else [used + int(self._processes * max(0.0, left) / max(commonly, 1e-3))]
        fitting += [] if self.budget.trials is None else [max(used, self.budget.trials)]
        trials = min(fitting)
        search = (trials - used) * commonly / self._processes
        return SearchForecast(seconds=_whole(records), trials=trials, seconds_left=search + self._seeds(records))

    def _seeds(self, records: Sequence[TrialRecord]) -> float:
        """Seconds that the runs with new seeds take."""
        return self.budget.runs * _whole(records) / self._processes


def _whole(records: Sequence[TrialRecord]) -> float:
    """Seconds of a trial that was not pruned."""
    return median([record.seconds for record in records if record.state == "finished"] or [0.0])


def _commonly(records: Sequence[TrialRecord]) -> float:
    return median([record.seconds for record in records if record.state in ("finished", "pruned")] or [0.0])
