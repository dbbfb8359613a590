"""The additional tasks of multi-task training: their data, heads, batches, cards and evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from onoma.bundle import (
    ENTITIES,
    Bundle,
    DataCard,
    EntityCard,
    Manifest,
    SpansCard,
    TaskCard,
    TransitionsCard,
)
from onoma.engine.data import Measure
from onoma.engine.events import Score
from onoma.errors import ConfigError
from onoma.evaluation import choose_span_threshold, evaluate_task
from onoma.metrics import as_fractions
from onoma.models import (
    AffineHead,
    AuxiliaryModel,
    Encoder,
    HeadSettings,
    Model,
    Pretrained,
    TorchBackend,
    build_pretraining_model,
    make_head,
)
from onoma.tagger import Tagger
from onoma.tasks import SpanTask
from onoma.training.config import RunConfig, TaskConfig
from onoma.training.corpus import TrainingText
from onoma.training.data import TaggingData
from onoma.training.masked import MaskedText, masked_data
from onoma.training.parts import Part, check_labels
from onoma.training.task_sampling import AnyData, MixedData
from onoma.training.tasks import settings_of


@dataclass(frozen=True, slots=True)
class ReadTask:
    """An additional task with its data.

    Attributes:
        config: configuration of the task.
        text: training text.
        dev: dev set; None if there is none, or if another process evaluates.
        card: card of the task for the manifest, before training.
    """

    config: TaskConfig
    text: TrainingText
    dev: Part | None
    card: TaskCard

    @classmethod
    def of(cls, run: RunConfig, task: TaskConfig, text: TrainingText, dev: Part | None) -> ReadTask:
        """Return a task with data that has been read.

        Raises:
            InputError: dev has none of the labels of train.
        """
        if dev is not None:
            check_labels(text.task.labels, dev, task=task.name)
        return cls(task, text, dev, settings_of(run.of_task(task)).card(text.task.labels))

    @property
    def cards(self) -> dict[str, DataCard]:
        """Cards of the data of the task, by task name and part, such as ``pos.train``."""
        parts = {"train": self.text.card} | ({"dev": self.dev.card} if self.dev else {})
        return {f"{self.config.name}.{part}": card for part, card in parts.items()}


@dataclass(frozen=True, slots=True)
class AdditionalTasks:
    """All additional tasks of a run.

    Attributes:
        tasks: tasks whose heads are saved.
        masked: masked language modelling task; None if there is none.
    """

    tasks: tuple[ReadTask, ...] = ()
    masked: MaskedText | None = None

    def __bool__(self) -> bool:
        return bool(self.tasks) or self.masked is not None

    def in_manifest(self, manifest: Manifest) -> Manifest:
        """Return the manifest with the cards and the provenance of these tasks added."""
        data = dict(manifest.provenance.data)
        dropped = dict(manifest.provenance.dropped)
        for task in self.tasks:
            data |= task.cards
            dropped |= {f"{task.config.name}: {reason}": count for reason, count in task.text.unusable.items()}
        if self.masked is not None:
            data[f"{self.masked.config.name}.train"] = self.masked.card
        cards = {task.config.name: task.card for task in self.tasks}
        manifest = manifest.replace(tasks={**manifest.tasks, **cards})
        return manifest.with_provenance(data=data, dropped=dropped)

    def on(self, model: Model, *, run: RunConfig, pretrained: Pretrained) -> Model:
        """Return the model of the entities with the heads of these tasks added.

        Args:
            model: model with the head of the entities.
            run: configuration of the run.
            pretrained: pre-trained encoder of the model.

        Raises:
            ConfigError: the encoder does not support masked language modelling.
        """
        heads = {name: model.head(name) for name in model.heads}
        weights = {ENTITIES: run.data.weight, **{task.config.name: task.config.weight for task in self.tasks}}
        for task in self.tasks:
            heads[task.config.name] = _make_task_head(task, pretrained.hidden, dropout=run.model.dropout)
        if self.masked is None:
            return Model(model.encoder, heads, weights=weights)
        if not isinstance(model.encoder, Encoder):
            raise ConfigError(
                f"task {self.masked.config.name!r}: encoder {pretrained.name} is a {pretrained.family}; only the BERT "
                "family learns masked subwords"
            )
        masked, _ = build_pretraining_model(pretrained, pairs=False)
        return AuxiliaryModel(
            model.encoder,
            heads,
            weights=weights,
            masked=masked.masked,
            masked_weight=self.masked.config.weight,
        )

    def with_entities(self, entities: TaggingData, *, run: RunConfig, pretrained: Pretrained, epochs: int) -> MixedData:
        """Return the training data of all tasks, including the entities.

        Args:
            entities: training data of the entities.
            run: configuration of the run.
            pretrained: pre-trained encoder.
            epochs: number of epochs of the run.
        """
        settings, parts = run.training, dict[str, AnyData]({ENTITIES: entities})
        for task in self.tasks:
            parts[task.config.name] = TaggingData(
                task.text.examples,
                budget=entities.budget,
                seed=settings.seed,
                tokenizer=pretrained.tokenizer,
                of_spans=isinstance(task.text.task, SpanTask),
                task=task.config.name,
            )
        if self.masked is not None:
            parts[self.masked.config.name] = masked_data(
                self.masked.text, run, pretrained, budget=max(entities.budget, run.model.window), epochs=epochs
            )
        return MixedData(parts, sampling=settings.sampling, accumulate=settings.accumulate, seed=settings.seed)

    def measured_with(
        self, entities: Measure | None, *, bundle: Bundle, model: Model, backend: TorchBackend, best: str | None
    ) -> Measure | None:
        """Return a function that evaluates all tasks with a dev set; None if no task has one.

        Args:
            entities: function that evaluates the entities; None if they have no dev set.
            bundle: bundle with the cards of all tasks.
            model: model to evaluate.
            backend: runs the model.
            best: name of the task whose score selects the best epoch; by default the first one with a dev set.
        """
        dev_tasks = [task for task in self.tasks if task.dev is not None]
        if entities is None and not dev_tasks:
            return None
        best_task = best or (ENTITIES if entities is not None else dev_tasks[0].config.name)

        def measure() -> Score:
            values: dict[str, float] = {}
            figures: dict[str, float] = {}
            if entities is not None:
                score = entities()
                values[ENTITIES] = score.value
                figures |= score.figures
            for task in dev_tasks:
                assert task.dev is not None
                name = task.config.name
                trained = with_decoding_parameters(bundle.only(name), model)
                if isinstance(task.card, SpansCard):
                    best = choose_span_threshold(trained, backend, task.dev.documents, task=name)
                    task_figures = as_fractions(best.figures)
                    figures[threshold_name(name)] = best.threshold
                else:
                    task_figures = evaluate_task(Tagger(trained, backend), name, task.dev.documents)
                values[name] = task_figures["f1"] if "f1" in task_figures else task_figures["accuracy"]
                figures |= named(name, task_figures)
            return Score(values[best_task], figures)

        return measure


def named(task: str, figures: Mapping[str, float]) -> dict[str, float]:
    """Prefix the names of a task's metrics with the name of the task.

    >>> named("pos", {"accuracy": 0.9})
    {'pos.accuracy': 0.9}
    """
    return {f"{task}.{name}": value for name, value in figures.items()}


def threshold_name(task: str) -> str:
    """Return the name of the best threshold of a span task on dev, among the metrics of an evaluation."""
    return "threshold" if task == ENTITIES else f"{task}_threshold"


def with_thresholds(bundle: Bundle, figures: Mapping[str, float]) -> Bundle:
    """Return the bundle with the thresholds of its span tasks that are among the metrics of an evaluation on dev."""
    manifest = bundle.manifest
    for name in manifest.tasks:
        if threshold_name(name) in figures:
            manifest = manifest.with_task(name, threshold=figures[threshold_name(name)])
    return bundle.with_manifest(manifest)


def with_decoding_parameters(bundle: Bundle, model: Model) -> Bundle:
    """Return the bundle with the current decoding parameters of the model's heads, such as the transitions of a CRF."""
    manifest = bundle.manifest
    for name, card in manifest.tasks.items():
        if isinstance(card, EntityCard):
            parameters = model.head(name).parameters_for_decoding()
            parameter_lists = {each: values.tolist() for each, values in parameters.items()}
            if isinstance(card, SpansCard):
                manifest = manifest.with_task(name, **parameter_lists)
            elif parameter_lists:
                manifest = manifest.with_task(name, transitions=TransitionsCard(**parameter_lists))
    return bundle.with_manifest(manifest)


def _make_task_head(task: ReadTask, hidden: int, *, dropout: float) -> AffineHead:
    return make_head(task.card.head, hidden, task.text.task, HeadSettings(dropout=dropout))
