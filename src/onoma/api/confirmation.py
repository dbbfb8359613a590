"""What follows a search, with new seeds: the choice among its best trials, and the confirmation of the best one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from onoma.api.search_plan import SearchPlan
from onoma.api.seed_runs import SeedTrainer, name_of

if TYPE_CHECKING:  # imported inside functions at runtime, so that tagging does not load it
    from onoma.experiments import CellRecord
    from onoma.tuning import Confirmation, TuneResult


def choose_among_finalists(
    result: TuneResult, plan: SearchPlan, trainer: SeedTrainer, *, finalists: int, seeds: Sequence[int]
) -> TuneResult:
    """Train the best trials with new seeds, and return the result in which the best is that with the highest mean F1.

    Args:
        result: the result of the search.
        plan: the plan of the search.
        trainer: trains the finalists.
        finalists: number of trials to choose among.
        seeds: seeds that the search has not used.
    """
    from onoma.tuning import Finalist, rank

    trials = rank(result.trials)[:finalists]
    if len(trials) < 2 or not seeds:
        return result
    runs = {name_of(trial): plan.space.config(plan.search_run, trial.params) for trial in trials}
    trained = trainer.train(runs, seeds)
    chosen = result.choose(
        [
            Finalist(trial, (trial.f1 or 0.0, *(record.f1 for record in trained.records[name_of(trial)].values())))
            for trial in trials
        ]
    )
    return replace(chosen, failures=trained.failures, unfinished=trained.unfinished)


def confirm(result: TuneResult, plan: SearchPlan, trainer: SeedTrainer, *, seeds: Sequence[int]) -> TuneResult:
    """Train the best trial and the original run with new seeds, and compare them on dev.

    Args:
        result: the result of the search.
        plan: the plan of the search.
        trainer: trains the two runs.
        seeds: seeds that neither the search nor the choice of the best trial has used.

    Returns:
        The result with the comparison, and the reasons why runs have failed. There is no comparison if the best trial
        is the original run, if there are no seeds, or if both runs finished for no seed.
    """
    if result.best.is_default or not seeds:
        return result
    best = name_of(result.best)
    runs = {best: plan.space.config(plan.search_run, result.best.params), "defaults": plan.search_run}
    trained = trainer.train(runs, seeds)
    return replace(
        result,
        confirmation=_compare_runs(trained.records[best], trained.records["defaults"]),
        failures=tuple(dict.fromkeys((*result.failures, *trained.failures))),
        unfinished=result.unfinished + trained.unfinished,
    )


def _compare_runs(
    best_records: Mapping[int, CellRecord], default_records: Mapping[int, CellRecord]
) -> Confirmation | None:
    """Compare the runs of the seeds that both candidates have finished; None if there is no such seed."""
    from onoma.metrics import compare_over_seeds
    from onoma.tuning import Confirmation

    seeds = sorted(best_records.keys() & default_records.keys())
    if not seeds:
        return None
    runs = [[records[seed].array for seed in seeds] for records in (best_records, default_records)]
    best, defaults = (tuple(records[seed].f1 for seed in seeds) for records in (best_records, default_records))
    return Confirmation(
        seeds=tuple(seeds),
        best=best,
        defaults=defaults,
        difference=compare_over_seeds(*runs),
    )
