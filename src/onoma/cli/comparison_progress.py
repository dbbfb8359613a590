"""Progress of a comparison: a line for each running cell at a terminal, and a line for each finished one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType

from rich.progress import Progress, TaskID, TextColumn

from onoma.api.comparing import ComparisonPlanned, SpeedMeasured
from onoma.cli.clock import clock
from onoma.cli.console import PlainConsole
from onoma.counting import counted
from onoma.experiments import Cell, CellDone, CellEvent, CellFailed, CellPostponed, CellProgress
from onoma.io.terminal import visible

ShownEvent = ComparisonPlanned | CellEvent | SpeedMeasured


class ComparisonProgress:
    """Event listener that prints the progress of a comparison to standard error.

    Attributes:
        notes: the notes that were printed before the first run.
    """

    def __init__(self) -> None:
        self.notes: Sequence[str] = ()
        self.console = PlainConsole(stderr=True, soft_wrap=True)
        self._bar = Progress(
            TextColumn("{task.fields[text]}", markup=False),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )
        self._running_tasks: dict[str, TaskID] = {}
        self._total_task: TaskID | None = None
        self._finished_count = self._planned_count = 0
        self._start_time = time.perf_counter()

    def __enter__(self) -> ComparisonProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Remove the lines of running cells from the terminal."""
        self._bar.stop()

    def __call__(self, event: ShownEvent) -> None:
        """Show an event."""
        match event:
            case ComparisonPlanned():
                self._show_plan(event)
            case CellProgress(cell, text):
                self._show_text(cell, text)
            case CellPostponed(cell, reason):
                self._show_text(cell, reason)
                self.console.print(f"{_format_cell(cell)}: {reason}")
            case CellDone(cell, record):
                self._finish(cell, f"dev F1 {100 * record.dev['f1']:.2f}, {clock(record.seconds)}")
            case CellFailed(cell, reason):
                self._finish(cell, f"failed: {reason}")
            case SpeedMeasured(corpus, candidate, speed):
                self.console.print(
                    f"{corpus}, {candidate}: {speed.words_per_second:,.0f} words/s, latency {speed.latency:.2f} ms"
                )
            case _:
                pass

    def _show_plan(self, plan: ComparisonPlanned) -> None:
        self.notes = plan.notes
        for note in plan.notes:
            self.console.print(f"note: {note}")
        finished = f" ({counted(plan.kept, 'other is', 'others are')} finished)" if plan.kept else ""
        self.console.print(f"{counted(len(plan.cells), 'run')} to train{finished}, {plan.processes:,} at a time")
        self._planned_count = len(plan.cells)
        if plan.cells:
            self._total_task = self._bar.add_task("", text=self._format_progress())
            self._bar.start()

    def _show_text(self, cell: Cell, text: str) -> None:
        line = visible(f"{_format_cell(cell)}: {text}")
        if cell.name in self._running_tasks:
            self._bar.update(self._running_tasks[cell.name], text=line)
        else:
            self._running_tasks[cell.name] = self._bar.add_task("", text=line)

    def _finish(self, cell: Cell, outcome: str) -> None:
        self._finished_count += 1
        if cell.name in self._running_tasks:
            self._bar.remove_task(self._running_tasks.pop(cell.name))
        if self._total_task is not None:
            self._bar.update(self._total_task, text=self._format_progress())
        self.console.print(f"{self._finished_count:,}/{self._planned_count:,}  {_format_cell(cell)}: {outcome}")
        if self._finished_count == self._planned_count:
            self._bar.stop()

    def _format_progress(self) -> str:
        """Return the number of finished runs and the time left, estimated from the average time per finished run."""
        if not self._finished_count:
            return f"0/{self._planned_count:,} runs"
        seconds_left = (
            (time.perf_counter() - self._start_time)
            * (self._planned_count - self._finished_count)
            / self._finished_count
        )
        return f"{self._finished_count:,}/{self._planned_count:,} runs  {clock(seconds_left)} left"


def _format_cell(cell: Cell) -> str:
    size = "all sentences" if cell.sentences is None else f"{cell.sentences:,} sentences"
    return f"{cell.corpus}, {cell.candidate}, {size}, seed {cell.seed}"
