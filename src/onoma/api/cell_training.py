"""Training of the cells of a comparison in worker processes; a cell that was stopped is continued."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

import msgspec

from onoma.api.loading import load
from onoma.api.training import TrainResult, train
from onoma.bundle import HISTORY, OutputFolder
from onoma.errors import InputError, StoppedError
from onoma.io.files import remove
from onoma.machine import available_cores, find_processor
from onoma.tagger import Tagger
from onoma.text import Document

if TYPE_CHECKING:  # imported inside functions at runtime, so that tagging does not load it
    from onoma.engine.events import Event
    from onoma.experiments import Cell, CellEvent, CellRecord
    from onoma.experiments.planning import CellPlan

_BEGUN_FOLDER = "begun"


def train_cells(
    plans: Sequence[CellPlan], *, processes: int, deadline: float | None = None
) -> Generator[CellEvent, None, None]:
    """Train cells in worker processes, and yield their events. If a cell fails, its record gets the error message.

    Args:
        plans: plans of the cells, in the order in which their training starts.
        processes: number of worker processes that run at a time.
        deadline: time, as of :func:`time.monotonic`, at which the cells that are not finished are stopped, and can be
            continued later; None for no such time.
    """
    from onoma.experiments import CellFailed, run_cells, write_record

    plans_by_name = {plan.cell.name: plan for plan in plans}
    cells = [plan.cell for plan in plans]
    with closing(
        run_cells(cells, train=train_cell, context=plans_by_name, processes=processes, deadline=deadline)
    ) as events:
        for event in events:
            if isinstance(event, CellFailed):
                failed_plan = plans_by_name[event.cell.name]
                write_record(msgspec.structs.replace(failed_plan.expected, error=event.why), failed_plan.folder)
            yield event


def train_cell(cell: Cell, plans: Mapping[str, CellPlan], report: Callable[[str], None]) -> CellRecord:
    """Train a cell, score its model, and write its record; continue where an earlier attempt was stopped.

    Args:
        cell: the cell to train.
        plans: plans of all cells, by cell name.
        report: function called with short progress messages.

    Raises:
        StoppedError: the training was stopped, and can be continued.
    """
    from onoma.evaluation import tag_gold
    from onoma.experiments import read_record, write_record
    from onoma.metrics import Sample

    plan = plans[cell.name]
    begun_folder = plan.folder / _BEGUN_FOLDER
    begun = read_record(begun_folder)
    if begun is None or not begun.is_of(plan.expected) or begun.version != plan.expected.version:
        remove(plan.folder)
        begun = plan.expected
        write_record(begun, begun_folder)
    progress = _ProgressListener(report)
    report("reading")
    gold = read_gold(plan)  # before training, so that a file that cannot be read costs no training
    if begun.dev and OutputFolder(plan.model).has_result:
        trained, tagger = begun, load(plan.model)
    else:
        trained, tagger = _train(plan, progress)
        write_record(trained, begun_folder)
    report("scoring")
    counts = Sample.of(list(tag_gold(tagger, gold))).counts.sum(axis=1)
    record = msgspec.structs.replace(
        trained,
        counts=[tuple(row) for row in counts.tolist()],
        error="",
    )
    write_record(record, plan.folder)
    remove(begun_folder)
    if not plan.keeps_model:
        remove(plan.model)
    return record


def _train(plan: CellPlan, progress: _ProgressListener) -> tuple[CellRecord, Tagger]:
    """Train the model of a cell, or continue its training, and return its record, as yet without counts, and the model.

    Raises:
        StoppedError: the training was stopped, and can be continued.
    """
    output, config = OutputFolder(plan.model), plan.config
    earlier_seconds = _read_trained_seconds(output)
    start_time = time.perf_counter()

    def train_model() -> TrainResult:
        return train(
            train=config.data.train,
            output=plan.model,
            settings={**plan.cell.tables, "data": config.data.without_test().model_dump(mode="json")},
            overwrite=output.has_result and not output.begun,
            resume=output.begun,
            on_event=progress,
        )

    try:
        result = train_model()
    except InputError:
        if progress.has_started or not output.begun:
            raise
        remove(plan.model)  # the checkpoint was refused: other versions of packages have written it
        earlier_seconds = 0.0
        result = train_model()
    if result.interrupted:
        raise StoppedError("stopped while a cell was trained")
    record = msgspec.structs.replace(
        plan.expected,
        dev=dict(result.dev or {}),
        seconds=earlier_seconds + time.perf_counter() - start_time,
        threads=available_cores(),
        processor=find_processor().name,
        notes=progress.notes,
    )
    return record, result.tagger


def _read_trained_seconds(output: OutputFolder) -> float:
    """Return the seconds of training that earlier attempts spent on an unfinished run, according to its history."""
    from onoma.training import read_history

    seconds = [line["seconds"] for line in read_history(output.run / HISTORY)] if output.begun else []
    return max((float(each) for each in seconds if isinstance(each, int | float)), default=0.0)


def read_gold(plan: CellPlan) -> list[Document]:
    """Read the documents that a cell's model is scored on."""
    from onoma.engine.events import ignore
    from onoma.training import read_part

    return read_part(plan.test_files, plan.config.data, on_event=ignore).documents


class _ProgressListener:
    """A listener that reports the events of a run as short messages and collects its notices.

    Attributes:
        has_started: whether the training has started, from the beginning or from a checkpoint.
    """

    def __init__(self, report: Callable[[str], None]) -> None:
        from onoma.engine.events import NoticeCollector

        self._report = report
        self._notices = NoticeCollector()
        self._epochs = 0
        self.has_started = False

    @property
    def notes(self) -> list[str]:
        """The notices."""
        return self._notices.texts

    def __call__(self, event: Event) -> None:
        from onoma.engine.events import EpochEnded, Planned

        self._notices(event)
        match event:
            case Planned(epochs=epochs):
                self._epochs, self.has_started = epochs, True
            case EpochEnded(number=number, score=score):
                f1 = "" if score is None else f", dev F1 {100 * score.value:.2f}"
                self._report(f"epoch {number}/{self._epochs}{f1}")
