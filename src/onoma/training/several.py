"""The tasks of a run beside that of the entities: read, and to heads, batches, cards and figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

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
from onoma.errors import ConfigError, InputError
from onoma.evaluation import layer_figures
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
from onoma.training.mixed import AnyData, MixedData
from onoma.training.parts import Part
from onoma.training.tasks import settings_of


@dataclass(frozen=True, slots=True)
class ReadTask:
    """A further task with its text.

    Attributes:
        config: what the run says of it.
        text: what is learnt from.
        dev: what it is measured on; None where there is none, or another process measures.
        card: its card before training.
    """

    config: TaskConfig
    text: TrainingText
    dev: Part | None
    card: TaskCard

    @classmethod
    def of(cls, run: RunConfig, task: TaskConfig, text: TrainingText, dev: Part | None) -> ReadTask:
        """A task that was read.

        Raises:
            InputError: the labels of dev are not those of train.
        """
        if dev is not None:
            check_labels(text.task.labels, dev, task=task.name)
        return cls(task, text, dev, settings_of(run.of_task(task)).card(text.task.labels))

    @property
    def cards(self) -> dict[str, DataCard]:
        """Those of its data."""
        parts = {"train": self.text.card} | ({"dev": self.dev.card} if self.dev else {})
        return {f"{self.config.name}.{part}": card for part, card in parts.items()}


@dataclass(frozen=True, slots=True)
class Several:
    """All tasks of a run beside that of the entities.

    Attributes:
        tasks: whose heads are kept.
        masked: the auxiliary task; None where there is none.
    """

    tasks: tuple[ReadTask, ...] = ()
    masked: MaskedText | None = None

    def __bool__(self) -> bool:
        return bool(self.tasks) or self.masked is not None

    def in_manifest(self, manifest: Manifest) -> Manifest:
        """The manifest with the cards of these tasks, and where they come from."""
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
        """A model of entities with the heads of these tasks.

        Raises:
            ConfigError: the encoder cannot learn masked subwords.
        """
        heads = {name: model.head(name) for name in model.heads}
        weights = {ENTITIES: run.data.weight, **{task.config.name: task.config.weight for task in self.tasks}}
        for task in self.tasks:
            heads[task.config.name] = _head_of(task, pretrained.hidden, dropout=run.model.dropout)
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
        """The batches of all tasks.

        Args:
            entities: the batches of the entities.
            run: the configuration.
            pretrained: the encoder.
            epochs: of the run.
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
        self, entities: Measure | None, *, bundle: Bundle, model: Model, device: torch.device, best: str | None
    ) -> Measure | None:
        """A measure of all tasks that have dev text; None where none has.

        Args:
            entities: that of the entities, if they have any.
            bundle: with the cards of all tasks.
            model: what is measured.
            device: where it is.
            best: the task whose figure decides; by default the first one that is measured.
        """
        measured = [task for task in self.tasks if task.dev is not None]
        if entities is None and not measured:
            return None
        chosen = best or (ENTITIES if entities is not None else measured[0].config.name)
        backend = TorchBackend(model, device=device)

        def measure() -> Score:
            values: dict[str, float] = {}
            figures: dict[str, float] = {}
            if entities is not None:
                score = entities()
                values[ENTITIES] = score.value
                figures |= score.figures
            for task in measured:
                assert task.dev is not None
                name = task.config.name
                tagger = Tagger(with_learnt(bundle.only(name), model), backend)
                own = layer_figures(tagger, name, task.dev.documents)
                values[name] = own["f1"] if "f1" in own else own["accuracy"]
                figures |= named(name, own)
            return Score(values[chosen], figures)

        return measure


def named(task: str, figures: Mapping[str, float]) -> dict[str, float]:
    """A task's figures under the names that they have among those of all tasks.

    >>> named("pos", {"accuracy": 0.9})
    {'pos.accuracy': 0.9}
    """
    return {f"{task}.{name}": value for name, value in figures.items()}


def with_learnt(bundle: Bundle, model: Model) -> Bundle:
    """The bundle with what decoding needs of the model's heads as they are."""
    manifest = bundle.manifest
    for name, card in manifest.tasks.items():
        if isinstance(card, EntityCard):
            parameters = model.head(name).parameters_for_decoding()
            learnt = {each: values.tolist() for each, values in parameters.items()}
            if isinstance(card, SpansCard):
                manifest = manifest.with_task(name, **learnt)
            elif learnt:
                manifest = manifest.with_task(name, transitions=TransitionsCard(**learnt))
    return bundle.with_manifest(manifest)


def check_labels(labels: Sequence[str], other: Part, *, task: str) -> None:
    """Refuse a part of a task's text that has none of its labels.

    Raises:
        InputError: it has none of them.
    """
    if not other.labels.keys() & set(labels):
        theirs, ours = (", ".join(sorted(each)[:5]) or "none" for each in (other.labels, labels))
        raise InputError(
            f"task {task!r}: {other.card.name} has none of the labels of the training text: {theirs}, not {ours}; are "
            "these files of one task, and read by the same column?"
        )


def _head_of(task: ReadTask, hidden: int, *, dropout: float) -> AffineHead:
    return make_head(task.card.head, hidden, task.text.task, HeadSettings(dropout=dropout))
