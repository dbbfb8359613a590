"""Progress of a comparison: a line for each running cell at a terminal, and a line for each finished one."""

from __future__ import annotations

import time
from types import TracebackType

from rich.progress import Progress, TaskID, TextColumn

from onoma.api.comparing import ComparisonPlanned, SpeedMeasured
from onoma.cli.clock import clock
from onoma.cli.console import PlainConsole
from onoma.experiments import Cell, CellDone, CellEvent, CellFailed, CellProgress
from onoma.io.terminal import visible

ShownEvent = ComparisonPlanned | CellEvent | SpeedMeasured


class ComparisonProgress:
    """Event listener that prints the progress of a comparison to standard error."""

    def __init__(self) -> None:
        self.console = PlainConsole(stderr=True, soft_wrap=True)
        self._bar = Progress(
            TextColumn("{task.fields[text]}", markup=False),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )
        self._running: dict[str, TaskID] = {}
        self._total: TaskID | None = None
        self._ended = self._count = 0
        self._started = time.perf_counter()

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
                self._plan(event)
            case CellProgress(cell, text):
                self._show(cell, text)
            case CellDone(cell, record):
                self._end(cell, f"dev F1 {100 * record.dev['f1']:.2f}, {clock(record.seconds)}")
            case CellFailed(cell, why):
                self._end(cell, f"failed: {why}")
            case SpeedMeasured(corpus, candidate, speed):
                self.console.print(
                    f"{corpus}, {candidate}: {speed.words_per_second:,.0f} words/s, latency {speed.latency:.2f} ms"
                )
            case _:
                pass

    def _plan(self, plan: ComparisonPlanned) -> None:
        for note in plan.notes:
            self.console.print(f"note: {note}")
        kept = f" ({plan.kept:,} others are finished)" if plan.kept else ""
        self.console.print(f"{len(plan.cells):,} runs to train{kept}, {plan.processes:,} at a time")
        self._count = len(plan.cells)
        if plan.cells:
            self._total = self._bar.add_task("", text=self._left())
            self._bar.start()

    def _show(self, cell: Cell, text: str) -> None:
        line = visible(f"{_named(cell)}: {text}")
        if cell.name in self._running:
            self._bar.update(self._running[cell.name], text=line)
        else:
            self._running[cell.name] = self._bar.add_task("", text=line)

    def _end(self, cell: Cell, how: str) -> None:
        self._ended += 1
        if cell.name in self._running:
            self._bar.remove_task(self._running.pop(cell.name))
        if self._total is not None:
            self._bar.update(self._total, text=self._left())
        self.console.print(f"{self._ended:,}/{self._count:,}  {_named(cell)}: {how}")
        if self._ended == self._count:
            self._bar.stop()

    def _left(self) -> str:
        """Return the number of finished runs and the time left, estimated from the average time per finished run."""
        if not self._ended:
            return f"0/{self._count:,} runs"
        seconds = (time.perf_counter() - self._started) * (self._count - self._ended) / self._ended
        return f"{self._ended:,}/{self._count:,} runs  {clock(seconds)} left"


def _named(cell: Cell) -> str:
    size = "all sentences" if cell.sentences is None else f"{cell.sentences:,} sentences"
    return f"{cell.corpus}, {cell.candidate}, {size}, seed {cell.seed}"
