"""Confirmation of a search: the best trial and the unmodified run, trained with new seeds and compared on dev."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from onoma.api.cell_training import train_cells
from onoma.api.cells import plan_cells
from onoma.api.search_plan import SearchPlan

if TYPE_CHECKING:  # imported inside functions at runtime, so that tagging does not load it
    from onoma.experiments import CellEvent, CellRecord
    from onoma.training import RunConfig
    from onoma.tuning import Confirmation, TrialRecord


@dataclass(frozen=True, slots=True)
class ConfirmationPlanned:
    """The event that the training with new seeds is about to start.

    Attributes:
        runs: number of runs to train.
        kept: number of runs that are already finished.
    """

    runs: int
    kept: int


def confirm(
    best: TrialRecord,
    plan: SearchPlan,
    folder: Path,
    *,
    seeds: int,
    processes: int,
    on_event: Callable[[ConfirmationPlanned | CellEvent], object],
) -> tuple[Confirmation | None, tuple[str, ...]]:
    """Train the best trial and the unmodified run with seeds that the search has not used, and compare them on dev.

    Args:
        best: the best trial of the search.
        plan: the plan of the search.
        folder: folder of the runs; runs that are already finished in it are kept.
        seeds: number of new seeds.
        processes: number of runs at a time.
        on_event: function called with each event.

    Returns:
        The comparison, and the reasons why runs have failed. The comparison is None if the best trial is the unmodified
        run, ``seeds`` is 0, or both runs finished for no seed.
    """
    from onoma.experiments import Cell

    if best.is_default or not seeds:
        return None, ()
    candidates = {
        f"trial {best.shown_number}": plan.space.config(plan.search_run, best.params),
        "defaults": plan.search_run,
    }
    first_seed = plan.run.training.seed + 1
    cells = [
        Cell(corpus="dev", candidate=name, sentences=None, seed=seed, tables=_make_tables(run, seed=seed))
        for seed in range(first_seed, first_seed + seeds)
        for name, run in candidates.items()
    ]
    plans = [replace(each, models=()) for each in plan_cells(cells, folder)[0]]
    pending = [each for each in plans if not each.is_done]
    on_event(ConfirmationPlanned(len(pending), len(plans) - len(pending)))
    with closing(train_cells(pending, processes=processes)) as events:
        for event in events:
            on_event(event)
    records = [each.record for each in plans]
    best_records, default_records = (
        {each.seed: each for each in records if each.candidate == name and not each.error} for name in candidates
    )
    failures = dict.fromkeys(f"{each.candidate}: {each.error}" for each in records if each.error)
    return _compare_runs(best_records, default_records), tuple(failures)


def _make_tables(run: RunConfig, *, seed: int) -> dict[str, object]:
    tables = run.model_dump(mode="json", exclude={"output"}, exclude_none=True)
    tables["training"]["seed"] = seed
    return tables


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
