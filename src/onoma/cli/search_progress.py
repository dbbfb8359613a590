"""Progress of a search: a line for each trial that starts or ends."""

from __future__ import annotations

from collections.abc import Mapping

from onoma.api.search_plan import SearchPlanned
from onoma.api.seed_runs import SeedRunsPlanned
from onoma.cli.clock import clock
from onoma.cli.output import print_message, print_notes
from onoma.counting import counted
from onoma.experiments import CellDone, CellEvent, CellFailed
from onoma.tuning import (
    OthersRunning,
    SearchEvent,
    SearchForecast,
    TrialBegun,
    TrialEnded,
    TrialRecord,
    WorkerDied,
)


class SearchProgress:
    """Event listener that prints the progress of a search to standard error."""

    def __init__(self) -> None:
        self._trial_count: int | None = None
        self._ended_count = 0
        self._forecast: SearchForecast | None = None

    def __call__(self, event: SearchPlanned | SearchEvent | SeedRunsPlanned | CellEvent) -> None:
        """Show an event."""
        match event:
            case SearchPlanned():
                self._show_plan(event)
            case TrialBegun(number=number, params=params):
                print_message(f"trial {number}: {_format_params(params)}")
            case TrialEnded(record=record, best=best):
                self._ended_count += record.state != "given back"
                total = "" if self._trial_count is None else f"/{self._trial_count}"
                outcome = f"trial {record.shown_number} {_format_outcome(record)}{'  best' * best}"
                print_message(f"{self._ended_count}{total}  {outcome}")
            case SearchForecast():
                self._show_forecast(event)
            case WorkerDied(how=cause, left=remaining, repeats=repeats):
                continuing = counted(remaining, "process continues", "processes continue")
                print_message(
                    f"note: a process died ({cause}){', and its trial is repeated' if repeats else ''}; {continuing}"
                )
            case OthersRunning(trials=trials):
                print_message(f"waiting for {counted(trials, 'trial')} of other calls …")
            case SeedRunsPlanned(names=names, runs=runs, kept=kept):
                done = f" ({counted(kept, 'other is', 'others are')} finished)" if kept else ""
                print_message(f"training {', '.join(names)} with new seeds: {counted(runs, 'run')}{done}")
            case CellDone(cell=cell, record=record):
                duration = clock(record.seconds)
                print_message(f"{cell.candidate}, seed {cell.seed}: dev F1 {100 * record.dev['f1']:.2f} in {duration}")
            case CellFailed(cell=cell, why=why):
                print_message(f"{cell.candidate}, seed {cell.seed}: failed: {why}")
            case _:
                pass

    def _show_plan(self, plan: SearchPlanned) -> None:
        print_notes(plan.notes)
        self._trial_count, self._ended_count = plan.trials, plan.done
        print_message(f"searching on {counted(plan.sentences, 'sentence')}:")
        for key, text in plan.space.items():
            print_message(f"  {key} = {text}")
        budget = [counted(plan.trials, "trial")] if plan.trials is not None else []
        budget += (
            [f"{plan.minutes:g} {'minute' if plan.minutes == 1 else 'minutes'}"] if plan.minutes is not None else []
        )
        done = f", {plan.done} of them done" if plan.done else ""
        print_message(f"budget: {' or '.join(budget)}{done}; {plan.processes} at a time; study in {plan.storage}")

    def _show_forecast(self, forecast: SearchForecast) -> None:
        """Print the first forecast, and later ones only if the number of trials has changed by more than a quarter."""
        previous = self._forecast
        if previous is not None and abs(forecast.trials - previous.trials) <= previous.trials // 4:
            return
        self._forecast = forecast
        self._trial_count = forecast.trials
        print_message(
            f"a trial takes about {clock(forecast.seconds)}: {counted(forecast.trials, 'trial fits', 'trials fit')}"
            f"{', and the runs with new seeds' if forecast.runs else ''}; "
            f"about {clock(forecast.seconds_left)} left"
        )


def _format_outcome(record: TrialRecord) -> str:
    f1 = "" if record.f1 is None else f"dev F1 {100 * record.f1:.2f}"
    if record.state == "failed":
        return f"failed: {record.reason}"
    if record.state == "pruned":
        return f"pruned at {f1} after {clock(record.seconds)}"
    if record.state == "given back":
        return "is released, to be continued by another process"
    return f"{f1} in {clock(record.seconds)}"


def _format_params(params: Mapping[str, str | int | float | bool]) -> str:
    formatted = {key: f"{value:.3g}" if isinstance(value, float) else str(value) for key, value in params.items()}
    return ", ".join(f"{key.rpartition('.')[2]} {value}" for key, value in formatted.items())
