"""Training of several settings of a search with new seeds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from onoma.api.cell_training import train_cells

if TYPE_CHECKING:  # imported inside functions at runtime, so that tagging does not load it
    from onoma.experiments import CellEvent, CellRecord
    from onoma.training import RunConfig
    from onoma.tuning import TrialRecord


@dataclass(frozen=True, slots=True)
class SeedRunsPlanned:
    """The event that the training with new seeds is about to start.

    Attributes:
        names: names of what is trained.
        runs: number of runs to train.
        kept: number of runs that are already finished.
    """

    names: tuple[str, ...]
    runs: int
    kept: int


Listener = Callable[["SeedRunsPlanned | CellEvent"], object]
"""Type of a function that is called with each event."""


@dataclass(frozen=True, slots=True)
class SeedRuns:
    """Finished runs with new seeds.

    Attributes:
        records: record of each finished run, by name and seed.
        failures: reasons why runs have failed.
        unfinished: number of runs that the time limit has stopped, or that it left no time for.
    """

    records: Mapping[str, Mapping[int, CellRecord]]
    failures: tuple[str, ...]
    unfinished: int


def name_of(trial: TrialRecord) -> str:
    """Return the name of a trial's runs; that of the original run is ``defaults``."""
    return "defaults" if trial.is_default else f"trial {trial.shown_number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedTrainer:
    """Trains several settings of a search with new seeds, and evaluates them on dev.

    Attributes:
        folder: folder of the runs; those that are already finished in it are kept.
        processes: number of runs at a time.
        deadline: time, as of :func:`time.monotonic`, at which runs are stopped; None for no such time.
        on_event: function called with each event.
    """

    folder: Path
    processes: int
    deadline: float | None
    on_event: Listener

    def train(self, runs: Mapping[str, RunConfig], seeds: Sequence[int]) -> SeedRuns:
        """Train each run with each seed.

        Args:
            runs: configurations by name.
            seeds: seeds to train with.
        """
        from onoma.experiments import Cell
        from onoma.experiments.planning import plan_cells

        cells = [
            Cell(corpus="dev", candidate=name, sentences=None, seed=seed, tables=_make_tables(run, seed=seed))
            for seed in seeds
            for name, run in runs.items()
        ]
        plans = [replace(each, models=()) for each in plan_cells(cells, self.folder)[0]]
        pending = [each for each in plans if not each.is_done]
        self.on_event(SeedRunsPlanned(tuple(runs), len(pending), len(plans) - len(pending)))
        with closing(train_cells(pending, processes=self.processes, deadline=self.deadline)) as events:
            for event in events:
                self.on_event(event)
        records: dict[str, dict[int, CellRecord]] = {name: {} for name in runs}
        failures: dict[str, None] = {}
        unfinished = 0
        for plan in plans:
            record = plan.record
            if not record.error:
                records[record.candidate][record.seed] = record
            elif record == plan.expected:
                unfinished += 1
            else:
                failures[f"{record.candidate}: {record.error}"] = None
        return SeedRuns(records, tuple(failures), unfinished)


def _make_tables(run: RunConfig, *, seed: int) -> dict[str, object]:
    tables = run.model_dump(mode="json", exclude={"output"}, exclude_none=True)
    tables["training"]["seed"] = seed
    return tables
