"""Searching for better settings of a run, and finding out how far the best ones can be trusted."""

from __future__ import annotations

import json
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from onoma.api.confirmation import ConfirmationPlanned, confirm
from onoma.api.extras import need_training, need_tuning
from onoma.api.inputs import PathLike, paths_of
from onoma.api.search_plan import SearchPlan, SearchPlanned, plan_search
from onoma.api.trials import TrialContext, train_trial
from onoma.api.work_folder import check_folder, taken_folder
from onoma.errors import ConfigError, InputError
from onoma.io.files import remove, replacing
from onoma.io.toml_text import toml_text
from onoma.machine import stopped_by_sigterm

if TYPE_CHECKING:  # what tagging does not need is imported where it is used
    from onoma.experiments import CellEvent
    from onoma.tuning import Budget, SearchEvent, StudySettings, TrialRecord, TuneResult

TRIALS = 20
"""Trials of a search that is not told how many."""

SEEDS = 3
"""New seeds with which the best trial and the run as it is are trained."""

_STUDY, _SPACE, _RESULT = "study.db", "space.toml", "tune.json"
_TRIALS, _CELLS = "trials", "cells"
_BEST, _RUNNER_UP = "best", "runner-up"
_WIDTH = 110


Listener = Callable[["SearchPlanned | SearchEvent | ConfirmationPlanned | CellEvent"], object]
"""Called with each event of a search."""


def tune(
    config: PathLike | None = None,
    *,
    train: PathLike | Sequence[PathLike] | None = None,
    dev: PathLike | Sequence[PathLike] | None = None,
    encoders: Sequence[str] = (),
    output: PathLike | None = None,
    settings: Mapping[str, object] | None = None,
    space: Mapping[str, object] | None = None,
    trials: int | None = None,
    minutes: float | None = None,
    seeds: int = SEEDS,
    pruner: Literal["median", "hyperband", "none"] = "median",
    storage: str | None = None,
    study: str = "onoma",
    jobs: int = 1,
    report: PathLike | None = None,
    overwrite: bool = False,
    resume: bool = False,
    on_event: Listener | None = None,
) -> TuneResult:
    """Search for settings with which a run is better on dev, then train the best with new seeds.

    Settings come from ``config``, then from the named arguments, then from ``settings``. Test text is never opened.
    Several calls may work on one study, also on several machines: each takes trials that no other has.

    Args:
        config: a TOML file with settings of a run, which may have a table ``[space]``.
        train: files to learn from, in any format that onoma reads.
        dev: text on which trials are compared.
        encoders: an alias, a folder, or a Hub id each; if there are several, the encoder is searched too.
        output: the folder to write; it must be empty or not exist.
        settings: any other setting by its dotted key, such as ``{"model.head": "crf"}``.
        space: what is searched, by dotted key: a list of choices, or ``{"low": 1e-5, "high": 1e-4, "log": True}``. By
            default chosen by the size of the training text.
        trials: of the whole study, those of other calls included; by default 20, without a bound where ``minutes`` is
            given.
        minutes: for this call, the runs with new seeds included. A trial that has not ended by then is kept for the
            next call.
        seeds: new seeds for the best trial and the run as it is; with 0 they are not trained again.
        pruner: which trials are ended early: those below the median of the others, by Hyperband, or none.
        storage: a URL of a database, such as ``postgresql+psycopg://user@host/name``, or ``journal:PATH``; by default
            SQLite in ``output``.
        study: the name of the study in its storage.
        jobs: trials at a time. The cores are shared among them.
        report: an HTML page to write.
        overwrite: discard the study in ``output``.
        resume: go on with the study in ``output``, or help another call that works on it.
        on_event: called with each event.

    Returns:
        The best settings and how far they can be trusted. ``output`` has them as ``best.toml``, which ``onoma train``
        takes, beside ``runner-up.toml``, ``space.toml`` and ``tune.json``.

    Raises:
        InputError: a file or the storage cannot be used, the output exists, or the study is another one.
        TrainingError: all trials fail.
        MissingExtraError: a package is not installed.
        StoppedError: SIGTERM came; the search can be resumed.
    """
    need_training()
    need_tuning(plots=report is not None)
    from onoma.tuning import Budget, Study

    if (trials is not None and trials < 1) or (minutes is not None and minutes <= 0):
        raise ConfigError("the budget is empty; give at least one trial (--trials) or some minutes (--minutes)")
    if seeds < 0 or jobs < 1:
        raise ConfigError("seeds are 0 or more, and jobs 1 or more")
    listen = on_event or _ignore
    plan = plan_search(
        None if config is None else Path(config),
        settings={
            "data.train": paths_of(train) or None,
            "data.dev": paths_of(dev) or None,
            "model.encoder": encoders[0] if encoders else None,
            "output": None if output is None else Path(output),
            **(settings or {}),
            **({} if space is None else {"space": dict(space)}),
        },
        encoders=encoders,
    )
    most = TRIALS if trials is None and minutes is None else trials
    folder = plan.run.output
    stopping = stopped_by_sigterm(f"stopped by SIGTERM; pass --resume to go on with {folder}")
    with stopping, _opened(folder, overwrite=overwrite, resume=resume, shared=storage is not None) as is_owner:
        kept_in = storage or f"sqlite:///{folder / _STUDY}"
        study_settings = plan.study_settings(storage=kept_in, name=study, pruner=pruner)
        before = Study(study_settings).records()
        if is_owner:
            _write(folder / _SPACE, plan.space.to_toml())
        listen(plan.event(trials=most, minutes=minutes, jobs=jobs, before=before, storage=kept_in))
        budget = Budget(
            trials=most, seconds=None if minutes is None else 60 * minutes, runs=2 * seeds if is_owner else 0
        )
        found = _search(plan, study_settings, folder, budget=budget, processes=jobs, is_owner=is_owner, listen=listen)
        if is_owner:
            confirmation = confirm(found.best, plan, folder / _CELLS, seeds=seeds, processes=jobs, on_event=listen)
            found = replace(found, confirmation=confirmation)
            _write_result(found, plan, folder)
        else:
            found = replace(found, notes=(*found.notes, "another call writes the results"))
    if report is not None:
        from onoma.views.tuning_page import write_tuning_page

        write_tuning_page(Path(report), found, space=plan.space)
    return found


def _ignore(event: object) -> None:
    """A listener that does nothing."""


@contextmanager
def _opened(folder: Path, *, overwrite: bool, resume: bool, shared: bool) -> Iterator[bool]:
    """Take an output folder for a search; gives whether this call has it, or helps another one that has it."""
    begun = any((folder / name).is_file() for name in (_SPACE, _STUDY))
    check_folder(folder, kind="study", begun=begun, overwrite=overwrite, resume=resume)
    if overwrite and shared:
        raise InputError(
            "--overwrite discards the study in the output, and this one is in a storage that others may use; begin "
            "another study there with --study NAME"
        )
    with ExitStack() as held:
        try:
            held.enter_context(taken_folder(folder, parts=[_TRIALS, _CELLS]))
        except InputError:
            if overwrite:
                raise
            yield False
            return
        if overwrite:
            for name in (_STUDY, _TRIALS, _CELLS, _RESULT, _SPACE, f"{_BEST}.toml", f"{_RUNNER_UP}.toml"):
                remove(folder / name)
        yield True


def _search(
    plan: SearchPlan,
    study_settings: StudySettings,
    folder: Path,
    *,
    budget: Budget,
    processes: int,
    is_owner: bool,
    listen: Listener,
) -> TuneResult:
    """Train trials until the budget is used up; what they have found, before new seeds confirm it."""
    from onoma.tuning import Study, TuneResult, run_search

    began = time.perf_counter()
    context = TrialContext(plan.search_run, plan.space, folder / _TRIALS)
    search = run_search(
        study_settings, train=train_trial, context=context, budget=budget, processes=processes, waits=is_owner
    )
    with closing(search):
        for event in search:
            listen(event)
    records = Study(study_settings).records()
    if is_owner and not any(record.state in ("running", "waiting") for record in records):
        remove(folder / _TRIALS)  # checkpoints of trials that other calls have continued
    return TuneResult.of(records, notes=plan.notes, seconds=time.perf_counter() - began)


def _write_result(found: TuneResult, plan: SearchPlan, folder: Path) -> None:
    """Write the settings of the best two trials and all figures."""
    _write_run(folder, _BEST, found.best, plan, about=found.statements())
    if found.runner_up is not None:
        about = [f"The second best of a search: F1 on dev {100 * (found.runner_up.f1 or 0.0):.2f}, with one seed."]
        _write_run(folder, _RUNNER_UP, found.runner_up, plan, about=about)
    _write(folder / _RESULT, json.dumps(found.to_json(), ensure_ascii=False, indent=2) + "\n")


def _write_run(
    folder: Path, name: str, trial: TrialRecord, plan: SearchPlan, *, about: Iterator[str] | Sequence[str]
) -> None:
    """Write a trial's settings as a whole run, with test text where it was named."""
    run = plan.space.config(plan.run, trial.params).model_copy(update={"output": folder / name})
    comments = "".join(f"# {line}\n" for text in about for line in textwrap.wrap(text, _WIDTH))
    tables = run.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    _write(folder / f"{name}.toml", f"{comments}\n{toml_text(tables)}\n")


def _write(path: Path, text: str) -> None:
    with replacing(path) as file:
        file.write(text)
