"""Pruner of trials: ends a trial whose F1 is below the median of the others after the same share of their runs.

Trials have different numbers of epochs, so that few of them are evaluated after the same share. The F1 of another trial
is therefore interpolated between its evaluations. One that was pruned earlier counts with its best F1: without such
trials, the median would be that of the survivors, and rise with each trial that is pruned.

Source: the median stopping rule of Golovin et al. 2017, "Google Vizier", section 3.2.
"""

from __future__ import annotations

from statistics import median

from optuna import Study
from optuna.pruners import BasePruner
from optuna.trial import FrozenTrial, TrialState

_MIN_OTHERS, _MIN_STEP = 4, 3
"""Number of other trials, and step of a run, below which the median is too unreliable for pruning."""


class MedianPruner(BasePruner):
    """An Optuna pruner that compares the best F1 so far; steps are equal shares of a run."""

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        step = trial.last_step
        if step is None or step < _MIN_STEP:
            return False
        ended = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))
        scores = [score for other in ended if (score := _best_until(other, step)) is not None]
        return len(scores) >= _MIN_OTHERS and max(trial.intermediate_values.values()) < median(scores)


def _best_until(trial: FrozenTrial, step: int) -> float | None:
    """Return the best F1 of a trial up to a step, interpolated; None if it was not evaluated up to there."""
    best: float | None = None
    best_step = 0
    for evaluated, f1 in sorted(trial.intermediate_values.items()):
        if evaluated > step:
            if best is None or f1 <= best:
                return best
            return best + (f1 - best) * (step - best_step) / (evaluated - best_step)
        if best is None or f1 > best:
            best = f1
        best_step = evaluated
    return best
