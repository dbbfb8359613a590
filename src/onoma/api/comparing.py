"""Comparison of encoders, heads, baselines and training set sizes on the user's data."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from onoma.api.cell_training import read_gold, train_cells
from onoma.api.extras import need_crfsuite, need_training
from onoma.api.inputs import PathLike, names_of, paths_of
from onoma.api.pages import check_page
from onoma.api.speed import measure_speed
from onoma.api.work_folder import check_folder, taken_folder
from onoma.bundle import OutputFolder
from onoma.io.files import remove, replacing
from onoma.machine import WorkerProcess, available_cores, find_processor, raise_on_sigterm

if TYPE_CHECKING:  # imported inside functions at runtime, so that tagging does not load it
    from onoma.experiments import Cell, CellEvent, CellRecord, Comparison, CostLimits, Speed
    from onoma.experiments.planning import CellPlan

_CELLS_FOLDER, _RESULT_FILE = "cells", "comparison.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonPlanned:
    """The event that a comparison is about to start.

    Attributes:
        cells: cells to train, in this order.
        kept: number of cells that are already finished.
        processes: number of cells that are trained at a time.
        notes: remarks for the user, such as sizes that are left out, and why finished runs are repeated.
    """

    cells: Sequence[Cell]
    kept: int
    processes: int
    notes: Sequence[str]


@dataclass(frozen=True, slots=True)
class SpeedMeasured:
    """The event that the speed of a candidate's model on a corpus is known, from now or from an earlier call."""

    corpus: str
    candidate: str
    speed: Speed


Listener = Callable[["ComparisonPlanned | CellEvent | SpeedMeasured"], object]
"""Type of a function that is called with each event of a comparison."""


def compare(
    config: PathLike | None = None,
    *,
    train: PathLike | Sequence[PathLike] | None = None,
    dev: PathLike | Sequence[PathLike] | None = None,
    test: PathLike | Sequence[PathLike] | None = None,
    encoders: str | Sequence[str] = (),
    heads: str | Sequence[str] = (),
    sizes: int | str | Sequence[int | str] | None = None,
    seeds: int | Sequence[int] | None = None,
    output: PathLike | None = None,
    settings: Mapping[str, object] | None = None,
    within: CostLimits | Mapping[str, float] | str | None = None,
    jobs: int | None = None,
    report: PathLike | None = None,
    overwrite: bool = False,
    resume: bool = False,
    on_event: Listener | None = None,
) -> Comparison:
    """Train several candidates on the same data, with several seeds and sizes, and compare their scores and costs.

    Settings come from ``config``, then from the named arguments, then from ``settings``; later ones take precedence.
    Those of a single corpus or candidate in ``config`` take precedence over those of all. The candidates are all
    combinations of ``encoders`` and ``heads``, and those that ``config`` lists. The best candidate is the one with the
    highest mean F1 on dev among those with the most finished runs; scores on the test set are only reported. If a run
    fails, the others continue.

    Each run is trained in a worker process, which imports the calling script. A script must therefore call this
    function below ``if __name__ == "__main__":``.

    Args:
        config: a TOML file with settings, which may include all of the following. Several corpora, and candidates that
            differ in other settings than encoder and head, can only be given there.
        train: training files, in any format that onoma reads.
        dev: text on which the best epoch and the best candidate are chosen.
        test: text on which the finished models are scored; if None, they are scored on ``dev``.
        encoders: encoders to compare: an alias, a folder or a Hub id each, or the name of a baseline.
        heads: heads to combine with each encoder; by default the head that the settings name.
        sizes: training set sizes to compare, as numbers of sentences; ``all`` for the whole training set, the default.
        seeds: number of seeds, or the seeds themselves; three seeds by default.
        output: the folder to write; it must be empty or not exist.
        settings: any other setting by its dotted key, such as ``{"training.epochs": 3}``.
        within: upper bounds of latency, memory and size for the chosen candidate, such as ``latency=20ms,size=50MB`` or
            ``{"latency": 20, "size": 50}``, in milliseconds and megabytes.
        jobs: number of runs at a time, which share the processor cores; by default as many as cores and memory allow.
        report: path of an HTML report to write.
        overwrite: whether to discard the comparison in ``output``.
        resume: whether to continue the comparison in ``output``. Finished runs are kept, even if candidates, sizes or
            seeds have been added.
        on_event: function called with each event.

    Returns:
        The comparison, with a row for each candidate, size and corpus. It is also written to ``comparison.json`` in
        ``output``. At the largest size, the model of the smallest seed that has finished is kept in the subfolder
        ``cells``.

    Raises:
        InputError: a file cannot be used, or the output exists.
        MissingExtraError: a required package is not installed.
        StoppedError: SIGTERM stopped the comparison, which can be resumed.
    """
    need_training()
    check_page(report)
    from onoma.engine.devices import free_gpu_memory
    from onoma.engine.events import ignore
    from onoma.experiments import CostLimits, cells_of, make_comparison, processes_for, read_comparison
    from onoma.experiments.planning import describe_repeated, memory_for, plan_cells

    if isinstance(within, str):
        within = CostLimits.parse(within)
    elif isinstance(within, Mapping):
        within = CostLimits(within)
    argument_settings: dict[str, object] = {
        "data.train": paths_of(train),
        "data.dev": paths_of(dev),
        "data.test": paths_of(test),
        "output": None if output is None else Path(output),
        "sizes": sizes if sizes is None or isinstance(sizes, int | str) else list(sizes),
        "seeds": seeds if seeds is None or isinstance(seeds, int) else list(seeds),
        "jobs": jobs,
    }
    comparison = read_comparison(
        None if config is None else Path(config),
        encoders=names_of(encoders),
        heads=names_of(heads),
        settings={**argument_settings, **(settings or {})},
    )
    listener = on_event or ignore
    sigterm_handler = raise_on_sigterm(f"stopped by SIGTERM; pass --resume to continue {comparison.output}")
    cells_folder = comparison.output / _CELLS_FOLDER
    check_folder(comparison.output, kind="comparison", begun=cells_folder.is_dir(), overwrite=overwrite, resume=resume)
    with sigterm_handler, taken_folder(comparison.output, parts=[_CELLS_FOLDER]):
        plans, notes = plan_cells(list(cells_of(comparison)), cells_folder)
        pending = [plan for plan in plans if overwrite or not plan.is_done]
        need_crfsuite(plan.config.model.encoder for plan in pending)
        memory, gpu_memory = memory_for(pending), free_gpu_memory(plan.device for plan in pending)
        if overwrite:
            remove(cells_folder)
            remove(comparison.output / _RESULT_FILE)
        cells_folder.mkdir(exist_ok=True)
        processes = comparison.jobs or processes_for(len(pending), memory=memory, gpu_memory=gpu_memory)
        listener(
            ComparisonPlanned(
                cells=[plan.cell for plan in pending],
                kept=len(plans) - len(pending),
                processes=processes,
                notes=[*notes, *describe_repeated(plans)],
            )
        )
        with closing(train_cells(pending, processes=processes)) as events:
            for event in events:
                listener(event)
        for plan in plans:  # the model of a larger seed, where the smallest one has finished later
            if OutputFolder(plan.model).has_result and not plan.keeps_model:
                remove(plan.model)
        speeds, speed_notes = _measure_speeds(plans, listener)
        records = [plan.record for plan in plans]
        result = make_comparison(
            records,
            speeds,
            dev_sizes={(plan.cell.corpus, plan.cell.candidate): plan.dev for plan in plans},
            machine={"processor": _name_processors(records), "cores": available_cores()},
            within=within,
        )
        result = replace(result, notes=tuple(dict.fromkeys([*notes, *result.notes, *speed_notes])))
        with replacing(comparison.output / _RESULT_FILE) as file:
            json.dump(result.to_json(), file, ensure_ascii=False, indent=2)
    if report is not None:
        from onoma.views.comparison_page import write_comparison_page

        write_comparison_page(Path(report), result, title=f"Comparison {comparison.output.name}")
    return result


def _name_processors(records: Sequence[CellRecord]) -> str:
    """Return the names of the processors of finished runs, of which some may be from earlier calls, and of this one."""
    processors = [record.processor for record in records if record.processor and not record.error]
    return ", ".join(dict.fromkeys([find_processor().name, *processors]))


def _measure_speeds(
    plans: Sequence[CellPlan], listener: Listener
) -> tuple[dict[tuple[str, str], Speed], Sequence[str]]:
    """Measure the speed of each kept model that has not been measured yet, one after another.

    Returns:
        The speeds by corpus and candidate, and a note for each model that could not be measured.
    """
    from onoma.experiments import Speed, read_speed, write_speed

    speeds: dict[tuple[str, str], Speed] = {}
    notes: list[str] = []
    for plan in plans:
        if not plan.keeps_model or not plan.is_done:
            continue
        speed = read_speed(plan.model)
        if speed is None or speed.processor != find_processor().name:
            documents = [document.with_entities(()) for document in read_gold(plan)]
            worker = WorkerProcess(measure_speed, plan.model, documents)
            try:
                fields = worker.receive()
            finally:
                worker.terminate()
                worker.join()
            if fields is None:
                reason = f"the process that measured its speed died ({worker.exit_reason}), so it has none"
                notes.append(f"{plan.cell.corpus}, {plan.cell.candidate}: {reason}")
                continue
            speed = Speed(**fields)
            write_speed(speed, plan.model)
        speeds[plan.cell.corpus, plan.cell.candidate] = speed
        listener(SpeedMeasured(plan.cell.corpus, plan.cell.candidate, speed))
    return speeds, notes
