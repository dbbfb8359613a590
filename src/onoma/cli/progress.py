"""Progress of training and pre-training: a line after each epoch or part of the run, and a bar at a terminal."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import TracebackType

from rich.progress import BarColumn, Progress, TaskID, TextColumn

from onoma.cli.clock import clock
from onoma.cli.console import PlainConsole
from onoma.counting import counted
from onoma.engine.events import (
    FINE_TUNING_UNITS,
    EpochEnded,
    Event,
    FitEnded,
    Interrupted,
    Notice,
    Planned,
    Score,
    Stage,
    Stepped,
)
from onoma.training import TaskTestEvaluated, TestEvaluated, named
from onoma.views import report_table


class TrainingProgress:
    """Event listener that prints the progress of a run to standard error."""

    def __init__(self) -> None:
        self.console = PlainConsole(stderr=True, soft_wrap=True)
        self._bar = Progress(
            TextColumn("{task.fields[epoch_name]} {task.fields[epoch]}/{task.fields[epochs]}"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total} steps"),
            TextColumn("loss {task.fields[loss]:.4f}"),
            TextColumn("{task.fields[speed]:,.0f} {task.fields[length_unit]}s/s"),
            TextColumn("{task.fields[left]} left"),
            TextColumn("{task.fields[score]}"),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )
        self._task: TaskID | None = None
        self._epochs, self._units = 0, FINE_TUNING_UNITS
        self._score_text = ""
        self._start_time = time.perf_counter()
        self.stopped = False
        self._last_step: Stepped | None = None

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
                self._show_plan(event)
            case Stepped():
                self._show_step(event)
            case EpochEnded():
                self._show_epoch(event)
            case FitEnded(score, seconds):
                score_text = "" if score is None else "  " + "".join(_format_score(score))
                self.console.print(f"fitted in {clock(seconds)}{score_text}")
            case Interrupted():
                self.stopped = True
                self.console.print("interrupted; the best model so far is kept, and --resume continues the run")
            case TestEvaluated(report):
                self.console.print(report_table(report, title="test"))
            case TaskTestEvaluated(name, figures):
                self.console.print(f"test {_format_task_figures(named(name, figures))}")
            case _:
                pass

    def _show_plan(self, plan: Planned) -> None:
        self._epochs, self._units, self._score_text = plan.epochs, plan.units, ""
        length_unit = plan.units.length
        head = "" if plan.head_learning_rate is None else f" ({plan.head_learning_rate:g} for the head)"
        processes = f", {plan.processes} processes," if plan.processes > 1 else ""
        self.console.print(
            f"training on {plan.device}{processes} in {plan.dtype.name} ({plan.dtype.why}): "
            f"{counted(plan.examples, plan.units.example)}, {counted(plan.subwords, length_unit)}, "
            f"{_format_length(plan)}, {counted(plan.steps, 'step')} of {counted(plan.batch_subwords, length_unit)}, "
            f"learning rate {plan.learning_rate:g}{head}"
        )
        if plan.done:
            self.console.print(f"resumed after step {plan.done:,}")
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._task = self._bar.add_task(
            "",
            total=plan.steps,
            completed=plan.done,
            epoch_name=plan.units.epoch,
            length_unit=length_unit,
            epoch=1,
            epochs=plan.epochs,
            loss=0.0,
            speed=0.0,
            left="–",
            score="",
        )
        self._bar.start()

    def _show_step(self, step: Stepped) -> None:
        self._last_step = step
        if self._task is not None:
            self._bar.update(
                self._task,
                completed=step.number,
                epoch=step.epoch,
                loss=step.loss,
                speed=step.subwords_per_second,
                left=clock(step.seconds_left),
                score=self._score_text,
            )

    def _show_epoch(self, epoch: EpochEnded) -> None:
        line = f"{self._units.epoch} {epoch.number}/{self._epochs}  loss {epoch.loss:.4f}"
        if epoch.score is not None:
            self._score_text, details = _format_score(epoch.score)
            line += f"  {self._score_text}{details}{'  best' if epoch.best else ''}"
        if self._last_step is not None:
            line += (
                f"  {self._last_step.subwords_per_second:,.0f} {self._units.length}s/s"
                f"  {clock(self._last_step.seconds_left)} left"
            )
        self.console.print(line)

    def finish(self, written: str, *, advice: str) -> None:
        """Print where the result was written, and suggest a next command."""
        duration = clock(time.perf_counter() - self._start_time)
        self.console.print(f"{written} in {duration}; try: {advice}")


def _format_length(plan: Planned) -> str:
    """Return the length of a run as text, in epochs or in passes over the text."""
    if plan.units.epoch == FINE_TUNING_UNITS.epoch:
        return counted(plan.epochs, "epoch")
    return f"{plan.steps * plan.batch_subwords / max(1, plan.subwords):.1f} passes over the text"


def _format_score(score: Score) -> tuple[str, str]:
    """Return the main metric of a score and further details as text."""
    figures = score.figures
    task_figures = _format_task_figures({name: value for name, value in figures.items() if "." in name})
    if "f1" in figures:
        details = f" (precision {100 * figures['precision']:.2f}, recall {100 * figures['recall']:.2f})"
        return f"dev F1 {100 * figures['f1']:.2f}", details + (f", {task_figures}" if task_figures else "")
    if task_figures:
        return f"dev {task_figures}", ""
    if "explained_variance" in figures:
        details = f" (relations {figures['relation_loss']:.4f}, hidden states {figures['hidden_loss']:.4f})"
        return f"held-out explained variance {figures['explained_variance']:.1%}", details
    details = f"accuracy {figures['masked_accuracy']:.1%}"
    if "pair_accuracy" in figures:
        details += f", of pairs {figures['pair_accuracy']:.1%}"
    return f"held-out perplexity {figures['perplexity']:.2f}", f" ({details})"


def _format_task_figures(figures: Mapping[str, float]) -> str:
    """Return the metrics of further tasks as text, in percent."""
    return ", ".join(f"{name.replace('.', ' ')} {100 * value:.2f}" for name, value in figures.items())
