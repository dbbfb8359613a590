"""Comparing encoders, heads, baselines and training texts on one's own data."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from onoma.api.cell_training import gold_of, train_cells
from onoma.api.cells import CellPlan, plan_cells
from onoma.api.extras import need_training
from onoma.api.inputs import PathLike, paths_of
from onoma.api.pages import check_page
from onoma.api.speed import measure_speed
from onoma.api.work_folder import check_folder, taken_folder
from onoma.io.files import remove, replacing
from onoma.machine import WorkerProcess, find_processor, stopped_by_sigterm, usable_cores

if TYPE_CHECKING:  # what tagging does not need is imported where it is used
    from onoma.experiments import Cell, CellEvent, Comparison, Speed, Within

_CELLS, _RESULT = "cells", "comparison.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonPlanned:
    """A comparison is about to begin.

    Attributes:
        cells: that are to be trained, in this order.
        kept: how many are finished already.
        processes: how many are trained at a time.
        notes: what a reader should know.
    """

    cells: Sequence[Cell]
    kept: int
    processes: int
    notes: Sequence[str]


@dataclass(frozen=True, slots=True)
class SpeedMeasured:
    """The speed of a candidate's model on a corpus was measured."""

    corpus: str
    candidate: str
    speed: Speed


Listener = Callable[["ComparisonPlanned | CellEvent | SpeedMeasured"], object]
"""Called with each event of a comparison."""


def compare(
    config: PathLike | None = None,
    *,
    train: PathLike | Sequence[PathLike] | None = None,
    dev: PathLike | Sequence[PathLike] | None = None,
    test: PathLike | Sequence[PathLike] | None = None,
    encoders: Sequence[str] = (),
    heads: Sequence[str] = (),
    sizes: Sequence[int | str] | None = None,
    seeds: int | Sequence[int] | None = None,
    output: PathLike | None = None,
    settings: Mapping[str, object] | None = None,
    within: Within | str | None = None,
    jobs: int | None = None,
    report: PathLike | None = None,
    overwrite: bool = False,
    resume: bool = False,
    on_event: Listener | None = None,
) -> Comparison:
    """Train candidates on the same data, over seeds and sizes, and weigh what they find against what they cost.

    Settings come from ``config``, then from the named arguments, then from ``settings``. Candidates are each of
    ``encoders`` with each of ``heads``, beside those of ``config``. What is best is decided on dev; test is reported.
    A run that fails does not stop the others. Runs are trained in processes of their own, which import the script that
    calls this: there the call has to stand below ``if __name__ == "__main__":``.

    Args:
        config: a TOML file with settings, which may include all of the following; only it can name several corpora,
            and candidates that differ in any other setting.
        train: files to learn from, in any format that onoma reads.
        dev: text on which the best epoch and the best candidate are chosen.
        test: text on which finished models are scored; without it they are scored on dev.
        encoders: an alias, a folder, a Hub id, or a baseline each.
        heads: what is put on them; by default what the settings say.
        sizes: how many sentences of the training text are learnt; ``all`` for the whole. By default all.
        seeds: how many seeds, or which; by default three.
        output: the folder to write; it must be empty or not exist.
        settings: any other setting by its dotted key, such as ``{"training.epochs": 3}``.
        within: bounds of latency, memory and size for what is chosen, such as ``latency=20ms,size=50MB``.
        jobs: runs at a time; by default as many as cores and memory allow. The cores are shared among them.
        report: an HTML page to write.
        overwrite: discard the comparison in ``output``.
        resume: go on with the comparison in ``output``: finished runs are not done again, also if it has got more
            candidates, sizes or seeds.
        on_event: called with each event.

    Returns:
        A row for each candidate, size and corpus. ``output`` has it as ``comparison.json``, and the models of the
        first seed and the largest size below ``cells``.

    Raises:
        InputError: a file cannot be used, or the output exists.
        MissingExtraError: a package is not installed.
        StoppedError: SIGTERM came; the comparison can be resumed.
    """
    need_training()
    check_page(report)
    from onoma.experiments import Within, cells_of, make_comparison, processes_for, read_comparison

    bounds = Within.parse(within) if isinstance(within, str) else within
    named: dict[str, object] = {
        "data.train": paths_of(train),
        "data.dev": paths_of(dev),
        "data.test": paths_of(test),
        "output": None if output is None else Path(output),
        "sizes": None if sizes is None else list(sizes),
        "seeds": seeds if seeds is None or isinstance(seeds, int) else list(seeds),
        "jobs": jobs,
    }
    comparison = read_comparison(
        None if config is None else Path(config),
        encoders=encoders,
        heads=heads,
        settings={**named, **(settings or {})},
    )
    listen = on_event or _ignore
    stopping = stopped_by_sigterm(f"stopped by SIGTERM; pass --resume to go on with {comparison.output}")
    with stopping, _opened(comparison.output, overwrite=overwrite, resume=resume) as cells:
        plans, notes = plan_cells(list(cells_of(comparison)), cells)
        todo = [plan for plan in plans if not plan.is_done]
        processes = comparison.jobs or processes_for(len(todo), memory=max((plan.memory for plan in todo), default=1))
        listen(
            ComparisonPlanned(
                cells=[plan.cell for plan in todo], kept=len(plans) - len(todo), processes=processes, notes=notes
            )
        )
        with closing(train_cells(todo, processes=processes)) as events:
            for event in events:
                listen(event)
        found = make_comparison(
            [plan.record for plan in plans],
            _speeds(plans, listen),
            machine={"processor": find_processor().name, "cores": usable_cores()},
            within=bounds,
        )
        found = replace(found, notes=(*notes, *found.notes))
        with replacing(comparison.output / _RESULT) as file:
            json.dump(found.to_json(), file, ensure_ascii=False, indent=2)
    if report is not None:
        from onoma.views.comparison_page import write_comparison_page

        write_comparison_page(Path(report), found, title=f"Comparison {comparison.output.name}")
    return found


def _ignore(event: object) -> None:
    """A listener that does nothing."""


@contextmanager
def _opened(folder: Path, *, overwrite: bool, resume: bool) -> Iterator[Path]:
    """Take an output folder for one comparison; gives where its runs are."""
    cells = folder / _CELLS
    check_folder(folder, kind="comparison", begun=cells.is_dir(), overwrite=overwrite, resume=resume)
    with taken_folder(folder, parts=[_CELLS]):
        if overwrite:
            remove(cells)
        cells.mkdir(exist_ok=True)
        yield cells


def _speeds(plans: Sequence[CellPlan], listen: Listener) -> dict[tuple[str, str], Speed]:
    """Measure the models that were kept, one after the other, unless that was done."""
    from onoma.experiments import Speed, read_speed, write_speed

    speeds: dict[tuple[str, str], Speed] = {}
    for plan in plans:
        if not plan.keeps_model or not plan.is_done:
            continue
        speed = read_speed(plan.model)
        if speed is None:
            documents = [document.with_entities(()) for document in gold_of(plan)]
            worker = WorkerProcess(measure_speed, plan.model, documents)
            try:
                speed = Speed(**worker.pipe.recv())
            except EOFError:
                continue  # killed; the row says that there is no speed
            finally:
                worker.end(at_once=True)
            write_speed(speed, plan.model)
        speeds[plan.cell.corpus, plan.cell.candidate] = speed
        listen(SpeedMeasured(plan.cell.corpus, plan.cell.candidate, speed))
    return speeds
