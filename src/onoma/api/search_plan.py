"""Plan of a hyperparameter search: the run, the search space, and the identity of the study."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from onoma.bundle import BASELINES
from onoma.errors import ConfigError

if TYPE_CHECKING:  # imported inside functions at runtime, so that tagging does not load it
    from onoma.training import ResolvedRun, RunConfig
    from onoma.tuning import SearchSpace, StudySettings, TrialRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPlanned:
    """The event that a search is about to start.

    Attributes:
        space: the search space: for each dotted key, its values in TOML.
        sentences: number of sentences of the training text.
        trials: maximum number of trials of the study; None if only the time is limited.
        minutes: time limit of this call; None if only the number of trials is limited.
        done: number of trials that the study already has.
        processes: number of trials that run at a time.
        storage: URL of the study's storage, without the password.
        notes: remarks for the user.
    """

    space: Mapping[str, str]
    sentences: int
    trials: int | None
    minutes: float | None
    done: int
    processes: int
    storage: str
    notes: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPlan:
    """The plan of a search.

    Attributes:
        run: configuration of the original run.
        search_run: the same configuration without test text.
        space: the search space.
        first: parameters of the trial that equals the original run; None if that run is outside the search space.
        sentences: number of sentences of the training text.
        notes: remarks for the user.
        identity: facts in which all calls on the same study must agree.
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
        """Return the settings of this search's study."""
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
        """Return the event that the search is about to start."""
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


def plan_search(path: Path | None, *, settings: Mapping[str, object], encoders: Sequence[str]) -> SearchPlan:
    """Read the configuration of a search, and check all files that its trials will read.

    Raises:
        ConfigError: a setting does not fit, or there is no dev text.
        InputError: a file cannot be read.
        EncoderError: an encoder does not exist.
    """
    from onoma.corpora import count_sentences
    from onoma.engine.events import NoticeCollector
    from onoma.models import find_encoder
    from onoma.training import read_part, resolve_run
    from onoma.training.baseline_config import check_settings
    from onoma.tuning import default_space, read_space
    from onoma.tuning.config import read_tune_config, without_test

    notices = NoticeCollector()
    config = read_tune_config(path, settings=settings)
    run, search_run = config.run, without_test(config.run)
    _refuse_baselines([run.model.encoder, *encoders])
    check_settings(run, encoder=run.model.encoder)
    resolved = resolve_run(search_run, on_event=notices)
    read_part(run.data.dev, run.data, on_event=notices)
    sentences = run.data.sentences or count_sentences(read_part(run.data.train, run.data, on_event=notices).documents)
    if config.space is not None:
        encoder_choice = {"model.encoder": list(encoders)} if len(encoders) > 1 else {}
        space = read_space(config.space | encoder_choice, search_run)
    else:
        encoder_rates = [(name, _choose_learning_rate(name, search_run, resolved)) for name in dict.fromkeys(encoders)]
        space = default_space(search_run, resolved, sentences=sentences, encoders=encoder_rates)
    names = _list_encoders(search_run, space)
    _refuse_baselines(names)
    for name in names:
        find_encoder(name)  # so that one that does not exist is reported before any training
    first_params = space.params_from_run(search_run, resolved)
    notes = list(notices.texts)
    if isinstance(first_params, str):
        notes.append(f"the original run is not among the trials: {first_params}")
    return SearchPlan(
        run=run,
        search_run=search_run,
        space=space,
        first=None if isinstance(first_params, str) else first_params,
        sentences=sentences,
        notes=tuple(notes),
        identity=_build_identity(search_run, space),
    )


def _choose_learning_rate(encoder: str, run: RunConfig, resolved: ResolvedRun) -> float:
    """Return the learning rate for an encoder.

    A rate that the run sets applies to every encoder. Otherwise it is the default for the encoder's shape, or that of
    the run if the shape is not known.
    """
    from onoma.models import find_shape
    from onoma.training import default_learning_rate

    shape = None if run.training.learning_rate is not None else find_shape(encoder)
    return resolved.settings.learning_rate if shape is None else default_learning_rate(shape)


def _list_encoders(run: RunConfig, space: SearchSpace) -> list[str]:
    """Return the encoders that trials may use."""
    from onoma.tuning import Choice

    domain = space.domains.get("model.encoder")
    return [str(name) for name in domain.values] if isinstance(domain, Choice) else [run.model.encoder]


def _refuse_baselines(encoders: Sequence[str]) -> None:
    for name in encoders:
        if name in BASELINES:
            raise ConfigError(
                f"the baseline {name} cannot be searched; name an encoder, or compare it by onoma compare"
            )


def _build_identity(run: RunConfig, space: SearchSpace) -> dict[str, str]:
    """Return the facts in which all searches of the same study must agree."""
    from onoma.corpora import digest_of
    from onoma.models import digest_by_name

    identity = {f"space.{key}": text for key, text in space.texts().items()}
    for name in _list_encoders(run, space):
        identity[f"encoder {name}"] = digest_by_name(name)
    identity["training text"] = digest_of(run.data.train)
    identity["dev text"] = digest_of(run.data.dev)
    for task in run.task:
        identity[f"training text of {task.name}"] = digest_of(task.train)
        identity[f"dev text of {task.name}"] = digest_of(task.dev)
    files = {"train", "dev"}
    tables = run.model_dump(mode="json", exclude={"output": True, "data": files, "task": {"__all__": files}})
    for key in ("checkpoint_minutes", "checkpoint_steps", "device"):
        tables["training"].pop(key)
    return (
        identity
        | {
            f"{table}.{key}": json.dumps(value)
            for table in ("data", "model", "training")
            for key, value in tables[table].items()
            if value is not None
        }
        | ({"task": json.dumps(tables["task"])} if run.task else {})
    )
