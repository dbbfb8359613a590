"""Searching for better settings of a run, and finding out how far the best ones can be trusted."""

from __future__ import annotations

import json
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from onoma.api.cells import encoder_digest, plan_cells, train_cells
from onoma.api.extras import need_training, need_tuning
from onoma.api.inputs import PathLike, paths_of
from onoma.api.trials import TrialContext, train_trial
from onoma.bundle import BASELINES
from onoma.errors import ConfigError, InputError
from onoma.io.files import remove, replacing
from onoma.io.lock import locked
from onoma.io.toml_text import toml_text
from onoma.machine import stopped_by_sigterm

if TYPE_CHECKING:  # what tagging does not need is imported where it is used
    from onoma.experiments import CellEvent, CellRecord
    from onoma.training import RunConfig, SettledRun
    from onoma.tuning import (
        Confirmation,
        SearchEvent,
        SearchSpace,
        StudySettings,
        TrialRecord,
        TuneResult,
    )

TRIALS = 20
"""Trials of a search that is not told how many."""

SEEDS = 3
"""New seeds with which the best trial and the run as it is are trained."""

_STUDY, _SPACE, _RESULT = "study.db", "space.toml", "tune.json"
_TRIALS, _CELLS, _LOCK = "trials", "cells", "unfinished/onoma.lock"
_BEST, _RUNNER_UP = "best", "runner-up"
_WIDTH = 110


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPlanned:
    """A search is about to begin.

    Attributes:
        space: what is searched, in TOML by key.
        sentences: of the training text.
        trials: that the study may have; None where only time bounds it.
        minutes: for this call; None where only trials bound it.
        done: trials that the study has already.
        processes: trials at a time.
        storage: where the study is, without a password.
        notes: what a reader should know.
    """

    space: Mapping[str, str]
    sentences: int
    trials: int | None
    minutes: float | None
    done: int
    processes: int
    storage: str
    notes: Sequence[str]


@dataclass(frozen=True, slots=True)
class ConfirmationPlanned:
    """The best trial and the run as it is are about to be trained with new seeds.

    Attributes:
        runs: that are to be done.
        kept: how many are done already.
    """

    runs: int
    kept: int


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
    """
    need_training()
    need_tuning(plots=report is not None)
    from onoma.tuning import Budget, Study, run_search

    if (trials is not None and trials < 1) or (minutes is not None and minutes <= 0):
        raise ConfigError("the budget is empty; give at least one trial (--trials) or some minutes (--minutes)")
    if seeds < 0 or jobs < 1:
        raise ConfigError("seeds are 0 or more, and jobs 1 or more")
    began = time.perf_counter()
    listen = on_event or _ignore
    plan = _plan(
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
    with _opened(folder, overwrite=overwrite, resume=resume, shared=storage is not None) as is_owner:
        kept_in = storage or f"sqlite:///{folder / _STUDY}"
        study_settings = plan.study_settings(storage=kept_in, name=study, pruner=pruner)
        before = Study(study_settings).records()
        if is_owner:
            _write(folder / _SPACE, plan.space.to_toml())
        listen(plan.event(trials=most, minutes=minutes, jobs=jobs, before=before, storage=kept_in))
        budget = Budget(
            trials=most, seconds=None if minutes is None else 60 * minutes, runs=2 * seeds if is_owner else 0
        )
        context = TrialContext(plan.search_run, plan.space, folder / _TRIALS)
        search = run_search(
            study_settings, train=train_trial, context=context, budget=budget, processes=jobs, waits=is_owner
        )
        with stopped_by_sigterm(f"stopped by SIGTERM; pass --resume to go on with {folder}"), closing(search):
            for event in search:
                listen(event)
        seconds = time.perf_counter() - began
        records = Study(study_settings).records()
        if not is_owner:
            return _result(records, plan, None, seconds=seconds, notes=["another call writes the results"])
        if not any(record.state in ("running", "waiting") for record in records):
            remove(folder / _TRIALS)  # checkpoints of trials that other calls have continued
        confirmation = _confirm(records, plan, folder / _CELLS, seeds=seeds, jobs=jobs, listen=listen)
        found = _result(records, plan, confirmation, seconds=seconds, notes=())
        _write_result(found, plan, folder)
    if report is not None:
        from onoma.views.tuning_page import write_tuning_page

        write_tuning_page(Path(report), found, space=plan.space)
    return found


def _ignore(event: object) -> None:
    """A listener that does nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What is searched.

    Attributes:
        run: as it is.
        search_run: the same without test text.
        space: of its settings.
        first: the values with which a trial is the run as it is; None where that is not in the space.
        sentences: of the training text.
        notes: what a reader should know.
        identity: by which the study is known.
    """

    run: RunConfig
    search_run: RunConfig
    space: SearchSpace
    first: Mapping[str, str | int | float | bool] | None
    sentences: int
    notes: tuple[str, ...]
    identity: Mapping[str, str]

    def study_settings(
        self, *, storage: str, name: str, pruner: Literal["median", "hyperband", "none"]
    ) -> StudySettings:
        """The study of this search."""
        from onoma.tuning import StudySettings

        return StudySettings(
            storage=storage,
            name=name,
            identity={**self.identity, "pruner": pruner},
            space=self.space,
            first=self.first,
            pruner=pruner,
            seed=self.run.training.seed,
        )

    def event(
        self, *, trials: int | None, minutes: float | None, jobs: int, before: Sequence[TrialRecord], storage: str
    ) -> SearchPlanned:
        """What a listener is told before it begins."""
        from onoma.tuning import shown_storage

        return SearchPlanned(
            space=self.space.texts(),
            sentences=self.sentences,
            trials=trials,
            minutes=minutes,
            done=sum(record.state in ("finished", "pruned", "failed") for record in before),
            processes=jobs,
            storage=shown_storage(storage),
            notes=self.notes,
        )


def _plan(path: Path | None, *, settings: Mapping[str, object], encoders: Sequence[str]) -> _Plan:
    """Read what is searched, and check all files that trials will read.

    Raises:
        ConfigError: a setting does not fit, or there is no dev text.
        InputError: a file cannot be read.
    """
    from onoma.corpora import count_sentences
    from onoma.engine.events import Event, Notice
    from onoma.training import read_part, settle_run
    from onoma.tuning import default_space, read_space
    from onoma.tuning.config import read_tune_config, without_test

    notes: list[str] = []

    def note(event: Event) -> None:
        if isinstance(event, Notice):
            notes.append(event.text)

    found = read_tune_config(path, settings=settings)
    run, search_run = found.run, without_test(found.run)
    _refuse_baselines([run.model.encoder])
    settled = settle_run(search_run, on_event=note)
    read_part(run.data.dev, run.data, on_event=note)
    sentences = run.data.sentences or count_sentences(read_part(run.data.train, run.data, on_event=note).documents)
    if found.space is not None:
        space = read_space(found.space, search_run)
    else:
        rates = [(name, _learning_rate(name, search_run, settled)) for name in dict.fromkeys(encoders)]
        space = default_space(search_run, settled, sentences=sentences, encoders=rates)
    _refuse_baselines(_encoders(search_run, space))
    first = space.params_of(search_run, settled)
    if isinstance(first, str):
        notes.append(f"the run as it is is not among the trials: {first}")
    return _Plan(
        run=run,
        search_run=search_run,
        space=space,
        first=None if isinstance(first, str) else first,
        sentences=sentences,
        notes=tuple(dict.fromkeys(notes)),
        identity=_identity(search_run, space),
    )


def _learning_rate(encoder: str, run: RunConfig, settled: SettledRun) -> float:
    """The rate that an encoder would have, which its width decides where its folder says it."""
    from onoma.models import width_in_folder
    from onoma.training import default_learning_rate

    width = None if run.training.learning_rate is not None else width_in_folder(encoder)
    return settled.settled.learning_rate if width is None else default_learning_rate(width)


def _encoders(run: RunConfig, space: SearchSpace) -> list[str]:
    """The encoders that trials may have."""
    from onoma.tuning import Choice

    searched = space.domains.get("model.encoder")
    return [str(name) for name in searched.values] if isinstance(searched, Choice) else [run.model.encoder]


def _refuse_baselines(encoders: Sequence[str]) -> None:
    for name in encoders:
        if name in BASELINES:
            raise ConfigError(
                f"the baseline {name} cannot be searched; name an encoder, or compare it by onoma compare"
            )


def _identity(run: RunConfig, space: SearchSpace) -> dict[str, str]:
    """What two searches of the same study have in common."""
    from onoma.corpora import digest_of

    found = {f"space.{key}": text for key, text in space.texts().items()}
    for name in _encoders(run, space):
        found[f"encoder {name}"] = encoder_digest(name)
    found["training text"] = digest_of(run.data.train)
    found["dev text"] = digest_of(run.data.dev)
    tree = run.model_dump(mode="json", exclude={"output": True, "data": {"train", "dev"}})
    for key in ("checkpoint_minutes", "checkpoint_steps", "device"):
        tree["training"].pop(key)
    return (
        found
        | {
            f"{table}.{key}": json.dumps(value)
            for table in ("data", "model", "training")
            for key, value in tree[table].items()
            if value is not None
        }
        | ({"task": json.dumps(tree["task"])} if run.task else {})
    )


@contextmanager
def _opened(folder: Path, *, overwrite: bool, resume: bool, shared: bool) -> Iterator[bool]:
    """Take an output folder for a search; gives whether this call has it, or helps another one that has it."""
    if overwrite and resume:
        raise InputError("--resume continues a study and --overwrite discards it; pass one of them")
    if overwrite and shared:
        raise InputError(
            "--overwrite discards the study in the output, and this one is in a storage that others may use; begin "
            "another study there with --study NAME"
        )
    if folder.is_file():
        raise InputError(f"{folder}: this is a file; name a folder to write to")
    begun = any((folder / name).is_file() for name in (_SPACE, _STUDY))
    if not begun and folder.is_dir() and any(path != (folder / _LOCK).parent for path in folder.iterdir()):
        raise InputError(f"{folder}: the output folder is not empty and has no study; choose another one")
    if begun and not (overwrite or resume):
        raise InputError(
            f"{folder}: the output folder has a study; pass --resume to go on with it, --overwrite to start again, or "
            "choose another folder"
        )
    lock = folder / _LOCK
    holding = locked(lock)
    try:
        holding.__enter__()
    except InputError:
        if overwrite:
            raise
        yield False
        return
    try:
        if overwrite:
            for name in (_STUDY, _TRIALS, _CELLS, _RESULT, _SPACE, f"{_BEST}.toml", f"{_RUNNER_UP}.toml"):
                remove(folder / name)
        yield True
    finally:
        holding.__exit__(None, None, None)
        for left in (lock.parent, folder / _TRIALS, folder / _CELLS, folder):  # unless something is in it
            with suppress(OSError):
                left.rmdir()


def _result(
    records: Sequence[TrialRecord],
    plan: _Plan,
    confirmation: Confirmation | None,
    *,
    seconds: float,
    notes: Sequence[str],
) -> TuneResult:
    """What a search has found.

    Raises:
        InputError: no trial has finished.
    """
    from onoma.tuning import TuneResult

    best, *others = _ranked(records)
    return TuneResult(
        trials=tuple(records),
        best=best,
        runner_up=others[0] if others else None,
        defaults=next((each for each in records if each.is_default and each.state == "finished"), None),
        confirmation=confirmation,
        notes=(*plan.notes, *notes),
        seconds=seconds,
    )


def _ranked(records: Sequence[TrialRecord]) -> list[TrialRecord]:
    from onoma.tuning import rank

    ranked = rank(records)
    if not ranked:
        raise InputError(
            "no trial has finished, so there is nothing to choose from; give more --minutes or --trials, and --resume"
        )
    return ranked


def _confirm(
    records: Sequence[TrialRecord], plan: _Plan, folder: Path, *, seeds: int, jobs: int, listen: Listener
) -> Confirmation | None:
    """Train the best trial and the run as it is with seeds that the search has not used, and compare them on dev."""
    from onoma.experiments import Cell

    best = _ranked(records)[0]
    if best.is_default or not seeds:
        return None
    candidates = {
        f"trial {best.continues}": plan.space.config(plan.search_run, best.params),
        "defaults": plan.search_run,
    }
    first = plan.run.training.seed + 1
    cells = [
        Cell(corpus="dev", candidate=name, sentences=None, seed=seed, tables=_tables(run, seed=seed))
        for seed in range(first, first + seeds)
        for name, run in candidates.items()
    ]
    plans = [replace(each, keeps_model=False) for each in plan_cells(cells, folder)[0]]
    todo = [each for each in plans if not each.is_done]
    listen(ConfirmationPlanned(len(todo), len(plans) - len(todo)))
    with closing(train_cells(todo, processes=jobs)) as events:
        for event in events:
            listen(event)
    done = [each.record for each in plans if not each.record.error]
    ours, theirs = ({each.seed: each for each in done if each.candidate == name} for name in candidates)
    return _compared(ours, theirs)


def _tables(run: RunConfig, *, seed: int) -> dict[str, object]:
    tables = run.model_dump(mode="json", exclude={"output"}, exclude_none=True)
    tables["training"]["seed"] = seed
    return tables


def _compared(ours: Mapping[int, CellRecord], theirs: Mapping[int, CellRecord]) -> Confirmation | None:
    """The runs of the seeds that both have finished; None where there is none."""
    from onoma.metrics import compare_over_seeds
    from onoma.tuning import Confirmation

    seeds = sorted(ours.keys() & theirs.keys())
    if not seeds:
        return None
    runs = [[records[seed].array for seed in seeds] for records in (ours, theirs)]
    best, defaults = (tuple(records[seed].f1 for seed in seeds) for records in (ours, theirs))
    return Confirmation(
        seeds=tuple(seeds),
        best=best,
        defaults=defaults,
        difference=compare_over_seeds(*runs),
    )


def _write_result(found: TuneResult, plan: _Plan, folder: Path) -> None:
    """Write the settings of the best two trials and all figures."""
    _write_run(folder, _BEST, found.best, plan, about=found.statements())
    if found.runner_up is not None:
        about = [f"The second best of a search: F1 on dev {100 * (found.runner_up.f1 or 0.0):.2f}, with one seed."]
        _write_run(folder, _RUNNER_UP, found.runner_up, plan, about=about)
    _write(folder / _RESULT, json.dumps(found.to_json(), ensure_ascii=False, indent=2) + "\n")


def _write_run(
    folder: Path, name: str, trial: TrialRecord, plan: _Plan, *, about: Iterator[str] | Sequence[str]
) -> None:
    """Write a trial's settings as a whole run, with test text where it was named."""
    run = plan.space.config(plan.run, trial.params).model_copy(update={"output": folder / name})
    comments = "".join(f"# {line}\n" for text in about for line in textwrap.wrap(text, _WIDTH))
    tables = run.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    _write(folder / f"{name}.toml", f"{comments}\n{toml_text(tables)}\n")


def _write(path: Path, text: str) -> None:
    with replacing(path) as file:
        file.write(text)
