"""Progress of a bulk job: a bar at a terminal, otherwise a line every 30 seconds."""

from __future__ import annotations

import time
from types import TracebackType

from rich.progress import BarColumn, TaskID, TextColumn
from rich.progress import Progress as Bar

from onoma.bulk import BulkObserver, BulkReport, Progress
from onoma.cli.clock import clock
from onoma.cli.console import PlainConsole
from onoma.counting import counted, counted_entities

_SECONDS_BETWEEN_LINES = 30


class BulkProgress(BulkObserver):
    """Observer that prints the progress of a bulk job to standard error."""

    def __init__(self) -> None:
        self.console = PlainConsole(stderr=True, soft_wrap=True)
        self._bar = Bar(
            BarColumn(),
            TextColumn("{task.completed:,}/{task.total:,} rows"),
            TextColumn("{task.fields[status]}"),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )
        self._task: TaskID | None = None
        self._last_print_time = self._start_time = time.perf_counter()

    def __enter__(self) -> BulkProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    @property
    def has_begun(self) -> bool:
        """Whether a job has begun to tag, so that it can be resumed."""
        return self._task is not None

    def notice(self, text: str) -> None:
        self.console.print(f"note: {text}")

    def began(self, *, rows: int, of: int) -> None:
        if rows:
            self.console.print(f"resumed: {rows:,} of {of:,} rows were finished before")
        self._task = self._bar.add_task("", total=of, completed=rows, status="")
        self._bar.start()

    def progressed(self, progress: Progress) -> None:
        failures = f"  {progress.dead:,} failed" if progress.dead else ""
        status = f"{progress.words_per_second:,.0f} words/s  {clock(progress.seconds_left)} left{failures}"
        if self._task is not None:
            self._bar.update(self._task, completed=progress.rows, status=status)
        now = time.perf_counter()
        if not self.console.is_terminal and now - self._last_print_time >= _SECONDS_BETWEEN_LINES:
            self._last_print_time = now
            self.console.print(f"{progress.rows:,}/{progress.of:,} rows  {status}")

    def finish(self, report: BulkReport) -> None:
        """Print a summary of the written output, and where the failed rows are."""
        self._bar.stop()
        duration = clock(time.perf_counter() - self._start_time)
        rows = f"{counted(report.tagged, 'row')} with {counted_entities(report.entities)}"
        self.console.print(f"{rows} written to {report.output} in {duration}")
        if report.dead_letters is not None:
            self.console.print(
                f"not tagged: {counted(report.dead, 'row')}, in {report.dead_letters}, each with the reason"
            )
