"""Hyperparameter search, and confirmation of the best settings with new seeds."""

from __future__ import annotations

import json
import math
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from onoma.api.confirmation import choose_among_finalists, confirm
from onoma.api.extras import need_training, need_tuning
from onoma.api.inputs import PathLike, names_of, paths_of
from onoma.api.pages import check_page_path
from onoma.api.search_plan import SearchPlan, SearchPlanned, plan_search
from onoma.api.seed_runs import SeedRunsPlanned, SeedTrainer
from onoma.api.trials import TrialContext, train_trial
from onoma.api.work_folder import check_folder, taken_folder
from onoma.errors import ConfigError, InputError
from onoma.io.files import remove, replacing
from onoma.io.toml_text import toml_text
from onoma.machine import raise_on_sigterm

if TYPE_CHECKING:  # imported inside functions at runtime, so that tagging does not load it
    from onoma.experiments import CellEvent
    from onoma.tuning import Budget, SearchEvent, StudySettings, TrialRecord, TuneResult

TRIALS = 20
"""Default number of trials of a search."""

SEEDS = 3
"""Default number of new seeds with which the best trial and the original run are trained."""

FINALISTS = 3
"""Default number of trials that are trained with further seeds to choose among them."""

_FINALIST_SEEDS = 2

_STUDY_FILE, _ADDRESS_FILE, _SPACE_FILE, _RESULT_FILE = "study.db", "study.json", "space.toml", "tune.json"
_TRIALS_FOLDER, _CELLS_FOLDER = "trials", "cells"
_BEST_NAME, _RUNNER_UP_NAME = "best", "runner-up"
_COMMENT_WIDTH = 110


Listener = Callable[["SearchPlanned | SearchEvent | SeedRunsPlanned | CellEvent"], object]
"""Type of a function that is called with each event of a search."""


def tune(
    config: PathLike | None = None,
    *,
    train: PathLike | Sequence[PathLike] | None = None,
    dev: PathLike | Sequence[PathLike] | None = None,
    encoders: str | Sequence[str] = (),
    output: PathLike | None = None,
    settings: Mapping[str, object] | None = None,
    space: Mapping[str, object] | None = None,
    trials: int | None = None,
    minutes: float | None = None,
    seeds: int = SEEDS,
    finalists: int = FINALISTS,
    pruner: Literal["median", "hyperband", "none"] = "median",
    storage: str | None = None,
    study: str = "onoma",
    jobs: int = 1,
    report: PathLike | None = None,
    overwrite: bool = False,
    resume: bool = False,
    on_event: Listener | None = None,
) -> TuneResult:
    """Search for the settings of a run with the best F1 on dev, and confirm the best trial with new seeds.

    Settings come from ``config``, then from the named arguments, then from ``settings``; later ones take precedence.
    The best trial is compared with the original run, which has these settings without any searched values; both are
    trained with seeds that the search has not used. The test set is never read. Several calls can work on one study,
    also from several machines; each trial is run by only one of them.

    Each trial is trained in a worker process, which imports the calling script. A script must therefore call this
    function below ``if __name__ == "__main__":``.

    Args:
        config: a TOML file with the settings of a run, and optionally the search space as a table ``[space]``.
        train: training files, in any format that onoma reads.
        dev: text on which trials are compared.
        encoders: an alias, a folder, or a Hub id each; if there are several, the encoder is searched too.
        output: the folder to write; it must be empty or not exist.
        settings: any other setting by its dotted key, such as ``{"model.head": "crf"}``.
        space: the search space: for each dotted key a list of choices, or a range such as
            ``{"low": 1e-5, "high": 1e-4, "log": True}``. By default it depends on the size of the training text.
        trials: maximum number of trials of the whole study, including those of other calls. By default 20, or
            unlimited if ``minutes`` is given.
        minutes: time limit of this call, including the runs with new seeds. Trials and runs that are unfinished by then
            are kept for the next call. By default unlimited.
        seeds: number of new seeds with which the best trial and the original run are trained; 0 to skip this, and the
            runs of the finalists too.
        finalists: number of the best trials that are also trained with two further seeds. The best is then the one with
            the highest mean F1 over these and the seed of the search. 1 to choose by the search alone.
        pruner: how trials are stopped early: `median` stops those below the median of the others, `hyperband` uses
            Hyperband, `none` stops none.
        storage: a database URL, such as ``postgresql+psycopg://user@host/name``, or ``journal:PATH``; by default an
            SQLite database in ``output``.
        study: name of the study in its storage.
        jobs: number of trials at a time, which share the processor cores.
        report: path of an HTML report to write.
        overwrite: whether to discard the study in ``output``.
        resume: whether to continue the study in ``output``, or to help another call that works on it.
        on_event: function called with each event.

    Returns:
        The best settings, and how they compare with the original run over the new seeds. The settings are written to
        ``best.toml`` in ``output``, which ``onoma train`` accepts, next to ``runner-up.toml``, ``space.toml`` and
        ``tune.json``.

    Raises:
        InputError: a file or the storage cannot be used, the output exists, the study in the storage has other
            settings, data or search space, or no trial has finished.
        TrainingError: the first three trials fail, or a worker process dies before its first trial.
        MissingExtraError: a required package is not installed.
        StoppedError: SIGTERM stopped the search, which can be resumed.
    """
    need_training()
    need_tuning(plots=report is not None)
    if report is not None:
        check_page_path(report)
    from onoma.engine.events import ignore
    from onoma.tuning import Budget, PrunerName, Study, shown_storage, sqlite_storage

    if (trials is not None and trials < 1) or (minutes is not None and not 0 < minutes < math.inf):
        raise ConfigError("the budget is empty; give at least one trial (--trials) or some minutes (--minutes)")
    if seeds < 0 or finalists < 1 or jobs < 1:
        raise ConfigError("the number of seeds must be at least 0, that of finalists and that of jobs at least 1")
    if pruner not in get_args(PrunerName):
        raise ConfigError(f"unknown pruner {pruner!r}; choose one of {', '.join(get_args(PrunerName))}")
    listener = on_event or ignore
    encoders = names_of(encoders)
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
    max_trials = TRIALS if trials is None and minutes is None else trials
    folder = plan.run.output
    address = {"storage": None if storage is None else shown_storage(storage), "study": study}
    sigterm_handler = raise_on_sigterm(f"stopped by SIGTERM; pass --resume to continue {folder}")
    with (
        sigterm_handler,
        _open_folder(folder, address, overwrite=overwrite, resume=resume) as is_owner,
    ):
        storage_url = storage or sqlite_storage(folder / _STUDY_FILE)
        study_settings = plan.study_settings(storage=storage_url, name=study, pruner=pruner)
        earlier_records = Study(study_settings).records()
        if is_owner:
            _write_text(folder / _SPACE_FILE, plan.space.to_toml())
            _write_text(folder / _ADDRESS_FILE, json.dumps(address, indent=2) + "\n")
        listener(plan.event(trials=max_trials, minutes=minutes, jobs=jobs, before=earlier_records, storage=storage_url))
        first_seed = plan.run.training.seed + 1
        choice_count = _FINALIST_SEEDS if finalists > 1 and seeds else 0
        choice_seeds = range(first_seed, first_seed + choice_count)
        confirmation_seeds = range(choice_seeds.stop, choice_seeds.stop + seeds)
        seconds = None if minutes is None else 60 * minutes
        trainer = SeedTrainer(
            folder=folder / _CELLS_FOLDER,
            processes=jobs,
            deadline=None if seconds is None else time.monotonic() + seconds,
            on_event=listener,
        )
        budget = Budget(
            trials=max_trials,
            seconds=seconds,
            runs=min(finalists, max_trials or finalists) * len(choice_seeds) + 2 * seeds if is_owner else 0,
        )
        result = _search(
            plan, study_settings, folder, budget=budget, processes=jobs, is_owner=is_owner, listener=listener
        )
        if is_owner:
            result = choose_among_finalists(result, plan, trainer, finalists=finalists, seeds=choice_seeds)
            result = confirm(result, plan, trainer, seeds=confirmation_seeds)
            _write_result(result, plan, folder)
        else:
            result = replace(result, is_helper=True)
    if report is not None:
        from onoma.views.tuning_page import write_tuning_page

        write_tuning_page(Path(report), result, space=plan.space)
    return result


@contextmanager
def _open_folder(folder: Path, address: Mapping[str, str | None], *, overwrite: bool, resume: bool) -> Iterator[bool]:
    """Lock the output folder of a search; yield whether this call owns it, or helps another call that does."""
    begun = any((folder / name).is_file() for name in (_SPACE_FILE, _STUDY_FILE))
    check_folder(folder, kind="study", begun=begun, overwrite=overwrite, resume=resume)
    if resume:
        _check_address(folder, address)
    if overwrite and address["storage"] is not None:
        raise InputError(
            "--overwrite discards the study in the output, and this one is in a storage that others may use; begin "
            "another study there with --study NAME"
        )
    with ExitStack() as stack:
        is_owner = True
        try:
            stack.enter_context(taken_folder(folder, parts=[_TRIALS_FOLDER, _CELLS_FOLDER]))
        except InputError:
            if overwrite:
                raise
            is_owner = False
        if overwrite:
            for name in (
                _STUDY_FILE,
                _ADDRESS_FILE,
                _TRIALS_FOLDER,
                _CELLS_FOLDER,
                _RESULT_FILE,
                _SPACE_FILE,
                f"{_BEST_NAME}.toml",
                f"{_RUNNER_UP_NAME}.toml",
            ):
                remove(folder / name)
        yield is_owner


def _check_address(folder: Path, address: Mapping[str, str | None]) -> None:
    """Check that the output has the results of the same study of the same storage, if it has any."""
    path = folder / _ADDRESS_FILE
    if not path.is_file():
        return
    earlier = json.loads(path.read_text(encoding="utf-8"))
    if earlier != address:
        storage = f"--storage {earlier['storage']}" if earlier["storage"] else "no --storage"
        raise InputError(
            f"{folder}: the output folder has another study; pass --study {earlier['study']} and {storage} to continue "
            "it, or choose another folder"
        )


def _search(
    plan: SearchPlan,
    study_settings: StudySettings,
    folder: Path,
    *,
    budget: Budget,
    processes: int,
    is_owner: bool,
    listener: Listener,
) -> TuneResult:
    """Train trials until the budget is used up, and return their result, not yet confirmed with new seeds."""
    from onoma.tuning import Study, TuneResult, run_search

    start_time = time.perf_counter()
    context = TrialContext(plan.search_run, plan.space, folder / _TRIALS_FOLDER)
    events = run_search(
        study_settings, train=train_trial, context=context, budget=budget, processes=processes, waits=is_owner
    )
    with closing(events):
        for event in events:
            listener(event)
    records = Study(study_settings).records()
    if is_owner and not any(record.state in ("running", "waiting") for record in records):
        remove(folder / _TRIALS_FOLDER)  # left-over checkpoints of trials that other calls have continued and finished
    return TuneResult.of(records, notes=plan.notes, seconds=time.perf_counter() - start_time)


def _write_result(result: TuneResult, plan: SearchPlan, folder: Path) -> None:
    """Write the settings of the two best trials and all results."""
    _write_run(folder, _BEST_NAME, result.best, plan, comments=result.statements())
    remove(folder / f"{_RUNNER_UP_NAME}.toml")
    if result.runner_up is not None:
        comments = [f"The second best of a search: F1 on dev {100 * (result.runner_up.f1 or 0.0):.2f} in the search."]
        _write_run(folder, _RUNNER_UP_NAME, result.runner_up, plan, comments=comments)
    _write_text(folder / _RESULT_FILE, json.dumps(result.to_json(), ensure_ascii=False, indent=2) + "\n")


def _write_run(
    folder: Path, name: str, trial: TrialRecord, plan: SearchPlan, *, comments: Iterator[str] | Sequence[str]
) -> None:
    """Write a trial's settings as the configuration of a run, including the test text if the user named one."""
    run = plan.space.config(plan.run, trial.params).model_copy(update={"output": folder / name})
    comment_lines = "".join(f"# {line}\n" for text in comments for line in textwrap.wrap(text, _COMMENT_WIDTH))
    tables = run.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    _write_text(folder / f"{name}.toml", f"{comment_lines}\n{toml_text(tables)}\n")


def _write_text(path: Path, text: str) -> None:
    with replacing(path) as file:
        file.write(text)
