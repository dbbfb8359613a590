"""Fine-tuning of a model: reads the corpora, builds the model, the batches and the evaluation, and runs the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from onoma.bundle import (
    ENTITIES,
    Bundle,
    EncoderCard,
    Manifest,
    SpansCard,
    WindowConfig,
)
from onoma.counting import counted_entities
from onoma.encoding import Windower
from onoma.engine.data import Measure
from onoma.engine.devices import ALONE, ProcessGroup
from onoma.engine.events import Event, Listener, Notice, Score, Stage
from onoma.engine.run import Run
from onoma.engine.train_state import TrainState
from onoma.errors import ConfigError, InputError
from onoma.evaluation import choose_span_threshold, tag_gold
from onoma.metrics import Report, Sample, as_fractions, tally
from onoma.models import AuxiliaryModel, Model, Pretrained, TorchBackend, load_pretrained
from onoma.models.lora import merge_lora
from onoma.tagger import Tagger
from onoma.tasks import OVERLAPS
from onoma.training.additional_tasks import (
    AdditionalTasks,
    ReadTask,
    threshold_name,
    with_decoding_parameters,
    with_thresholds,
)
from onoma.training.building import (
    ResolvedSettings,
    build_model,
    check_model,
    evaluation_interval,
    plan_run,
    resolve_settings,
    resolved_config,
    select_samples,
)
from onoma.training.config import RunConfig
from onoma.training.corpus import TrainingText, read_training_text
from onoma.training.data import TaggingData
from onoma.training.documents import TextSample
from onoma.training.masked import read_masked
from onoma.training.parts import (
    Part,
    check_trainable,
    compare_labels,
    count_inside_words,
    count_subwords,
    read_options,
    read_part,
    report_suspicious_data,
)
from onoma.training.provenance import provenance_of
from onoma.training.task_sampling import MixedData
from onoma.training.tasks import TaskSettings, settings_of

_MIN_FULL_SHARE = 0.8
"""Minimum share of the window size in subwords for a window to count as full; shorter ones are ends of documents."""

_NESTED_ADVICE = "; model.head=span and model.overlaps=nested keep those that are inside others"


@dataclass(frozen=True, slots=True)
class TestEvaluated(Event):
    """The evaluation of the finished model on the test set.

    Attributes:
        report: result of the evaluation.
    """

    report: Report


@dataclass(frozen=True, slots=True)
class TaskTestEvaluated(Event):
    """The evaluation of an additional task on its test set.

    Attributes:
        name: name of the task.
        figures: metrics by name, as fractions between 0 and 1.
    """

    name: str
    figures: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A trained model in memory.

    Attributes:
        model: model with its best weights.
        bundle: manifest and tokenizer.
        pretrained: encoder that training started from.
        samples: windows of the training text with various lengths, for checking exported graphs.
        state: final state of training.
        dev_counts: number of correct, predicted and gold entities of each unit of dev in the best epoch,
            ``[units, 3]``. None without a dev set, for the head `span`, in multi-task training, and if the best epoch
            was before the run was resumed.
    """

    model: Model
    bundle: Bundle
    pretrained: Pretrained
    samples: list[NDArray[np.int64]]
    state: TrainState
    dev_counts: NDArray[np.int64] | None


@dataclass(frozen=True, slots=True)
class ResolvedRun:
    """The automatic settings of a run, determined without training.

    Attributes:
        settings: learning rate, batch size and number of epochs.
        full_windows: share of full windows among those of the training text; a full window is part of a document that
            does not fit into one window.
    """

    settings: ResolvedSettings
    full_windows: float


def resolve_run(config: RunConfig, *, on_event: Listener) -> ResolvedRun:
    """Determine the automatic settings of a run without training.

    Args:
        config: configuration of the run.
        on_event: function called with each event.

    Raises:
        ConfigError: the configuration does not fit the encoder.
        InputError: the training text cannot be used.
        EncoderError: the encoder cannot be loaded.
    """
    pretrained = load_pretrained(config.model.encoder)
    check_model(config, pretrained)
    text = _read_train(config, pretrained, on_event=on_event)
    is_full = text.examples.lengths >= _MIN_FULL_SHARE * config.model.window
    settings = resolve_settings(config.training, text, pretrained=pretrained)
    return ResolvedRun(settings, float(is_full.mean()))


def run_training(
    config: RunConfig,
    *,
    on_event: Listener,
    pretrained: Pretrained | None = None,
    folder: Path | None = None,
    accept_changes: bool = False,
    ranks: ProcessGroup = ALONE,
) -> TrainedModel:
    """Train a model according to a configuration.

    Args:
        config: configuration of the run.
        on_event: function called with each event.
        pretrained: encoder to start from, instead of the one that the configuration names.
        folder: folder for checkpoints and history; an unfinished run in it is resumed. None to save nothing.
        accept_changes: whether to resume even if settings, data or versions have changed.
        ranks: processes that train together. All of them return the same model; only the first one has a folder and
            reads dev.

    Raises:
        InputError: a corpus cannot be used, or the folder contains a different unfinished run.
        ConfigError: the configuration does not fit the encoder, the head or the data.
        EncoderError: the encoder cannot be loaded.
        TrainingError: training cannot continue, for example because the loss is not finite.
        StoppedError: the process received SIGTERM.
    """
    settings = config.training
    run = Run.prepare(
        settings,
        name=config.output.name,
        on_event=on_event,
        folder=folder,
        accept_changes=accept_changes,
        ranks=ranks,
    )
    if pretrained is None:
        on_event(Stage(f"loading encoder {config.model.encoder}"))
        pretrained = load_pretrained(config.model.encoder)
    check_model(config, pretrained)
    on_event(Stage("reading"))
    text, dev, additional_tasks = texts = _read_texts(config, pretrained, on_event=on_event, ranks=ranks)
    dtype = run.dtype()
    resolved = resolve_settings(settings, text, pretrained=pretrained)
    bundle = _make_bundle(resolved_config(config, resolved, device=run.device, dtype=dtype), pretrained, texts)
    if dev is not None:
        count_inside_words(dev, bundle.windower(), on_event=on_event)
    model = build_model(config, pretrained, text=text)
    if additional_tasks:
        model = additional_tasks.on(model, run=config, pretrained=pretrained)
    model = model.to(run.device)
    evaluate_every = ranks.broadcast(
        lambda: evaluation_interval(
            resolved,
            dev,
            train_length=text.examples.subwords,
            length_of=partial(count_subwords, windower=bundle.windower()),
        )
    )
    entity_data, loop_settings = plan_run(
        settings, resolved, text, pretrained=pretrained, device=run.device, dtype=dtype, evaluate_every=evaluate_every
    )
    data: TaggingData | MixedData = entity_data
    backend = TorchBackend(model, device=run.device, autocast=partial(dtype.products, run.device))
    entity_measure = None if dev is None else _DevMeasure(bundle.only(ENTITIES), model, dev, backend=backend)
    measure: Measure | None = entity_measure
    if additional_tasks:
        data = additional_tasks.with_entities(
            entity_data, run=config, pretrained=pretrained, epochs=loop_settings.epochs
        )
        measure = additional_tasks.measured_with(
            measure, bundle=bundle, model=model, backend=backend, best=settings.best_task
        )
    state = run.train(
        model,
        data,
        settings=loop_settings,
        measure=measure,
        config=config.model_dump(mode="json"),
        digests=bundle.manifest.provenance.digests,
        encoder=bundle.manifest.encoder.digest,
        dtype=dtype,
    )
    if state.score is not None and state.score.value == 0:
        advice = f"train longer, or with a lower training.learning_rate than {resolved.learning_rate:g}"
        on_event(Notice(f"the score on dev is 0: the model has learnt nothing; {advice}"))
    counts = None if entity_measure is None or additional_tasks else entity_measure.counts_of(state.score)
    if settings.lora is not None:
        merge_lora(model.encoder)
    if isinstance(model, AuxiliaryModel):
        model = model.without_auxiliary()
    bundle = with_decoding_parameters(bundle, model)
    if state.score is not None:
        bundle = with_thresholds(bundle, state.score.figures)
    return TrainedModel(model, bundle, pretrained, select_samples(text.examples), state, counts)


class _Texts(NamedTuple):
    """The annotated texts of a run.

    Attributes:
        train: training text of the entities.
        dev: dev set of the entities; None if there is none, and in all processes but the first.
        additional_tasks: the additional tasks with their texts.
    """

    train: TrainingText
    dev: Part | None
    additional_tasks: AdditionalTasks


def _read_texts(config: RunConfig, pretrained: Pretrained, *, on_event: Listener, ranks: ProcessGroup) -> _Texts:
    """Read the texts of all tasks and check that their labels fit together."""
    train = ranks.main_first(lambda: _read_train(config, pretrained, on_event=on_event))
    additional_tasks = _read_additional_tasks(config, pretrained, on_event=on_event, ranks=ranks)
    dev_paths = config.data.dev if ranks.first else None
    dev = read_part(dev_paths, config.data, on_event=on_event) if dev_paths else None
    if dev is not None:
        compare_labels(train.labels, dev, on_event=on_event)
    return _Texts(train, dev, additional_tasks)


def _read_additional_tasks(
    config: RunConfig, pretrained: Pretrained, *, on_event: Listener, ranks: ProcessGroup
) -> AdditionalTasks:
    """Read the data of the additional tasks; only the first process reads dev."""
    tasks = []
    for task in config.predicted:
        task_config = config.of_task(task)
        try:
            text = ranks.main_first(partial(_read_train, task_config, pretrained, on_event=on_event))
        except ConfigError as error:  # its message begins with the key of a setting of the entities
            raise ConfigError(f"{task.title}{str(error).removeprefix('data.')}") from error
        dev = read_part(task.dev, task, on_event=on_event) if task.dev and ranks.first else None
        tasks.append(ReadTask.of(config, task, text, dev))
    return AdditionalTasks(tuple(tasks), ranks.main_first(lambda: read_masked(config, pretrained, on_event=on_event)))


def _read_train(config: RunConfig, pretrained: Pretrained, *, on_event: Listener) -> TrainingText:
    data, model_config = config.data, config.model
    windower = Windower.of(pretrained.tokenizer, window=model_config.window, overlap=model_config.overlap)
    if data.capitals and not windower.subword_encoder.is_cased:
        raise ConfigError(
            f"data.capitals: the encoder {model_config.encoder} does not tell capitals from lower case; "
            "leave the setting out, or choose another encoder"
        )
    report_suspicious_data(data, on_event=on_event)
    text = read_training_text(
        data.train,
        format=data.format,
        options=lambda path: read_options(data, path),
        windower=windower,
        task=settings_of(config),
        sample=None if data.sentences is None else TextSample(data.sentences, config.training.seed),
        mixing_seed=config.training.seed if data.mixed_lengths else None,
        capitals=data.capitals,
        notice=lambda text: on_event(Notice(text)),
    )
    name = f"{data.title}{text.card.name}"
    check_trainable(text.labels, text.card, data=data)
    if not len(text.examples):
        raise InputError(f"{name}: has no words; check {data.key('format')} and {data.key('word_column')}")
    for reason, count in text.unusable.items():
        is_flat_by_choice = config.model.overlaps == "flat" and not data.layer
        advice = _NESTED_ADVICE if reason == OVERLAPS and is_flat_by_choice else ""
        on_event(Notice(f"{name}: {counted_entities(count)}: {reason}{advice}"))
    return text


class _DevMeasure:
    """Evaluation of the entities on dev, by exact F1.

    The tagger is created anew for each evaluation, because the transitions of a head may have changed. For spans, the
    F1 score is that at the best threshold, which is one of the metrics.
    """

    def __init__(self, bundle: Bundle, model: Model, dev: Part, *, backend: TorchBackend) -> None:
        self._bundle = bundle
        self._model = model
        self._gold = dev.documents
        self._backend = backend
        self._best_result: tuple[Score, NDArray[np.int64]] | None = None

    def __call__(self) -> Score:
        trained = with_decoding_parameters(self._bundle, self._model)
        if isinstance(self._bundle.manifest.entities, SpansCard):
            best = choose_span_threshold(trained, self._backend, self._gold)
            pairs = best.pairs
            score = Score(best.figures.f1, {**as_fractions(best.figures), threshold_name(ENTITIES): best.threshold})
        else:
            pairs = list(tag_gold(Tagger(trained, self._backend), self._gold))
            exact = tally(pairs).exact
            score = Score(exact.f1, as_fractions(exact))
        if score.replaces(self._best_result and self._best_result[0]):
            self._best_result = score, Sample.of(pairs).counts.sum(axis=1)
        return score

    def counts_of(self, score: Score | None) -> NDArray[np.int64] | None:
        """Return the counts of each unit for a score, if it is the best score of this object; otherwise None."""
        return self._best_result[1] if self._best_result is not None and self._best_result[0] == score else None


def _make_bundle(config: RunConfig, pretrained: Pretrained, texts: _Texts) -> Bundle:
    """Return the bundle of a run whose automatic settings have their values."""
    packages = ("torch", "tokenizers", "numpy")
    train, dev, additional_tasks = texts
    manifest = Manifest(
        tasks={ENTITIES: TaskSettings.of(config.model).card(train.task.labels)},
        window=WindowConfig(size=config.model.window, overlap=config.model.overlap, documents=config.data.documents),
        encoder=EncoderCard(name=pretrained.name, family=pretrained.family, digest=pretrained.digest),
        provenance=provenance_of(
            config, train=train.card, dev=dev.card if dev else None, packages=packages, dropped=train.unusable
        ),
    )
    return Bundle(additional_tasks.in_manifest(manifest), pretrained.tokenizer)
