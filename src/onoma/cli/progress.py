"""The progress of training: one line per epoch, and a bar at a terminal."""

from __future__ import annotations

import time
from pathlib import Path
from types import TracebackType

from rich.progress import BarColumn, Progress, TaskID, TextColumn

from onoma.cli.clock import clock
from onoma.cli.console import PlainConsole
from onoma.engine.events import EpochEnded, Event, Interrupted, Notice, Planned, Stage, Stepped
from onoma.training import Tested
from onoma.views import report_table


class TrainingProgress:
    """Prints the progress of a run to standard error."""

    def __init__(self) -> None:
        self.console = PlainConsole(stderr=True, soft_wrap=True)
        self._bar = Progress(
            TextColumn("epoch {task.fields[epoch]}/{task.fields[epochs]}"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total} steps"),
            TextColumn("loss {task.fields[loss]:.4f}"),
            TextColumn("{task.fields[speed]:,.0f} subwords/s"),
            TextColumn("{task.fields[left]} left"),
            TextColumn("dev F1 {task.fields[f1]}"),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )
        self._task: TaskID | None = None
        self._epochs = 0
        self._f1 = "–"
        self._started = time.perf_counter()
        self.stopped = False
        self._last: Stepped | None = None

    def __enter__(self) -> TrainingProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def __call__(self, event: Event) -> None:
        """Show an event."""
        match event:
            case Notice(text):
                self.console.print(f"note: {text}")
            case Stage(text):
                self._bar.stop()
                self.console.print(f"{text} …")
            case Planned():
                self._plan(event)
            case Stepped():
                self._step(event)
            case EpochEnded():
                self._end_epoch(event)
            case Interrupted():
                self.stopped = True
                self.console.print("interrupted; the best model so far is kept, and --resume continues the run")
            case Tested(report):
                self.console.print(report_table(report, title="test"))
            case _:
                pass

    def _plan(self, plan: Planned) -> None:
        self._epochs = plan.epochs
        processes = f", {plan.processes} processes," if plan.processes > 1 else ""
        self.console.print(
            f"training on {plan.device}{processes} in {plan.dtype.name} ({plan.dtype.why}): "
            f"{plan.examples:,} windows, "
            f"{plan.subwords:,} subwords, {plan.epochs} epochs, "
            f"{plan.steps:,} steps of {plan.batch_subwords:,} subwords, learning rate {plan.learning_rate:g}"
        )
        if plan.done:
            self.console.print(f"resumed after step {plan.done:,}")
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._task = self._bar.add_task(
            "",
            total=plan.steps,
            completed=plan.done,
            epoch=1,
            epochs=plan.epochs,
            loss=0.0,
            speed=0.0,
            left="–",
            f1="–",
        )
        self._bar.start()

    def _step(self, step: Stepped) -> None:
        self._last = step
        if self._task is not None:
            self._bar.update(
                self._task,
                completed=step.number,
                epoch=step.epoch,
                loss=step.loss,
                speed=step.subwords_per_second,
                left=clock(step.seconds_left),
                f1=self._f1,
            )

    def _end_epoch(self, epoch: EpochEnded) -> None:
        line = f"epoch {epoch.number}/{self._epochs}  loss {epoch.loss:.4f}"
        if epoch.score is not None:
            dev = epoch.score.figures
            self._f1 = f"{100 * epoch.score.value:.2f}"
            line += (
                f"  dev F1 {self._f1} (precision {100 * dev['precision']:.2f}, recall {100 * dev['recall']:.2f})"
                f"{'  best' if epoch.best else ''}"
            )
        if self._last is not None:
            line += f"  {self._last.subwords_per_second:,.0f} subwords/s  {clock(self._last.seconds_left)} left"
        self.console.print(line)

    def finish(self, output: Path) -> None:
        """Print where the model is."""
        took = clock(time.perf_counter() - self._started)
        self.console.print(f"model written to {output} in {took}; try: onoma tag --model {output} --text '…'")
