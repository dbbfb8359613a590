"""Pre-training runs: builds model, data and evaluation from a configuration, and runs the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from onoma.corpora import digest_of
from onoma.engine.data import Measure
from onoma.engine.devices import ALONE, ProcessGroup
from onoma.engine.dtype import Dtype
from onoma.engine.events import Listener, Notice, Score, Stage, UnitNames
from onoma.engine.identity import code_versions
from onoma.engine.learner import LearnerSettings
from onoma.engine.loop import LoopSettings
from onoma.engine.run import Run
from onoma.engine.train_state import TrainState
from onoma.models import (
    DistillationModel,
    Pretrained,
    PretrainingModel,
    build_distillation_model,
    build_pretraining_model,
    save_encoder,
    save_pretraining_model,
)
from onoma.models.checkpointing import checkpoint_layers
from onoma.models.dropout import set_dropout
from onoma.pretraining.building import check_windows, choose_pairs
from onoma.pretraining.config import PretrainConfig
from onoma.pretraining.data import BatchBuilder, MaskRate, Phase, PretrainingData
from onoma.pretraining.held_out import HeldOutEvaluator
from onoma.pretraining.masking import Masking
from onoma.pretraining.planning import Streams, plan_learner, plan_steps
from onoma.pretraining.reading import load_start, load_teacher, read_text
from onoma.pretraining.sequences import SentencePairs
from onoma.pretraining.tokenized import TokenizedText
from onoma.pretraining.vocabulary import maskable_ids, special_ids, word_continuations

_EVALUATION_SUBWORDS = 32_000
_FINAL_EVALUATION_SUBWORDS = 500_000

_MeasureFactory = Callable[[int], Measure]
"""Function that creates a measure on at most the given number of held-out subwords."""


@dataclass(frozen=True, slots=True)
class PretrainedModel:
    """Result of a pre-training run, in memory.

    Attributes:
        model: trained model with its best weights.
        pretrained: configuration and tokenizer of the encoder, which is shared with ``model``.
        teacher: name and digest of the teacher, and settings of the distillation; None without distillation.
        pairs: kind of sentence pairs that the model was trained on.
        figures: metrics on the held-out text; empty if no text was held out.
        text: numbers of documents, sentences and subwords.
        digest: digest of the text files.
        state: final state of the training loop.
        steps: number of steps in the whole run.
        dtype: dtype of training.
    """

    model: PretrainingModel | DistillationModel
    pretrained: Pretrained
    teacher: Mapping[str, object] | None
    pairs: SentencePairs
    figures: Mapping[str, float]
    text: Mapping[str, int]
    digest: str
    state: TrainState
    steps: int
    dtype: Dtype

    def facts(self, config: PretrainConfig) -> dict[str, object]:
        """Return the metadata that is saved with the encoder, as JSON values."""
        return {
            "settings": config.model_dump(mode="json", exclude={"output"}),
            "text": {"files": [path.name for path in config.data.text], "digest": self.digest, **self.text},
            "teacher": self.teacher,
            "sentence_pairs": self.pairs,
            "steps": self.steps,
            "dtype": self.dtype.name,
            "figures": dict(self.figures),
            "versions": code_versions(),
        }

    def save(self, folder: Path) -> None:
        """Write the encoder, and its pre-training heads unless it was distilled, to an existing folder."""
        if isinstance(self.model, DistillationModel):
            save_encoder(self.pretrained, folder)
        else:
            save_pretraining_model(self.model, folder, pretrained=self.pretrained)


def pretrain(
    config: PretrainConfig,
    *,
    on_event: Listener,
    folder: Path | None = None,
    accept_changes: bool = False,
    ranks: ProcessGroup = ALONE,
) -> PretrainedModel:
    """Pre-train an encoder.

    Args:
        config: configuration of the run.
        on_event: called with each event.
        folder: folder for checkpoints and history; the run resumes from an existing checkpoint. None to store nothing.
        accept_changes: whether to resume even if settings, text or versions have changed.
        ranks: processes that train together; only the first one has a folder and evaluates.

    Raises:
        InputError: the text cannot be used, or the folder contains a different run.
        EncoderError: the encoder or its tokenizer cannot be used.
        TrainingError: training cannot continue.
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
    teacher = ranks.main_first(lambda: load_teacher(config, on_event=on_event))
    pretrained = ranks.main_first(lambda: load_start(config, teacher=teacher, folder=folder, on_event=on_event))
    for encoder in filter(None, (pretrained, teacher)):
        check_windows(config, encoder)
    digest = digest_of([*config.data.text, *config.data.held_out])
    split = ranks.main_first(lambda: read_text(config.data, pretrained.tokenizer, digest=digest, on_event=on_event))
    pairs = choose_pairs(config, split.train, notice=lambda text: on_event(Notice(text)))
    model, new_head = _build_model(config, pretrained, teacher=teacher, pairs=pairs)
    if config.model.dropout is not None or config.model.encoder is None:
        set_dropout(model.encoder, config.model.dropout or 0.0)
    if settings.recompute:
        checkpoint_layers(model.encoder)
    model.to(run.device)
    dtype = run.dtype()
    learner = plan_learner(config, pretrained, new_head=new_head, device=run.device, dtype=dtype)
    builders = _make_batch_builders(config, pretrained, train=split.train, held_out=split.held_out)
    streams = Streams.of(config, split.train, pairs=pairs)

    def make_data(phases: Sequence[Phase]) -> PretrainingData:
        return _make_data(config, builders.train, pretrained, phases=phases)

    steps = ranks.broadcast(
        lambda: plan_steps(config, streams, make_data, model=model, learner=learner, folder=folder, on_event=on_event)
    )
    data = make_data(streams.phases(steps))
    make_measure = (
        _make_measure_factory(config, model, builders.held_out, pairs=pairs, learner=learner) if ranks.first else None
    )
    state = run.train(
        model,
        data,
        settings=LoopSettings(
            epochs=data.measurements,
            learner=learner,
            accumulate=settings.accumulate,
            units=UnitNames(example="document", epoch="part"),
        ),
        measure=make_measure(_EVALUATION_SUBWORDS) if make_measure else None,
        config=config.model_dump(mode="json"),
        digests={"text": digest} | ({} if teacher is None else {"teacher": teacher.digest}),
        encoder=pretrained.digest,
        dtype=dtype,
    )
    figures: Mapping[str, float] = {}
    if make_measure:
        on_event(Stage("measuring on the held-out text"))
        figures = make_measure(_EVALUATION_SUBWORDS if state.interrupted else _FINAL_EVALUATION_SUBWORDS)().figures
    return PretrainedModel(
        model=model.eval(),
        pretrained=replace(pretrained, encoder=model.encoder),
        teacher=_describe_distillation(model, teacher),
        pairs=pairs,
        figures=figures,
        text=_count_text_units(split.train, split.held_out),
        digest=digest,
        state=state,
        steps=steps,
        dtype=dtype,
    )


def _build_model(
    config: PretrainConfig, pretrained: Pretrained, *, teacher: Pretrained | None, pairs: SentencePairs
) -> tuple[PretrainingModel | DistillationModel, bool]:
    """Build the model, and return whether it has a new head that is to be trained alone at first."""
    if teacher is None:
        return build_pretraining_model(pretrained, pairs=pairs != "none")
    return build_distillation_model(pretrained, teacher, **config.objective.distillation.model_dump()), False


def _describe_distillation(
    model: PretrainingModel | DistillationModel, teacher: Pretrained | None
) -> dict[str, object] | None:
    if teacher is None:
        return None
    assert isinstance(model, DistillationModel)
    return {
        "name": teacher.name,
        "digest": teacher.digest,
        "layer": model.teacher.layer + 1,
        "relation_heads": model.relation_heads,
        "hidden_weight": model.hidden_weight,
    }


@dataclass(frozen=True, slots=True)
class _BatchBuilders:
    train: BatchBuilder
    held_out: BatchBuilder


def _make_batch_builders(
    config: PretrainConfig, pretrained: Pretrained, *, train: TokenizedText, held_out: TokenizedText
) -> _BatchBuilders:
    tokenizer = pretrained.tokenizer
    special = special_ids(tokenizer)
    masking = None
    if config.model.teacher is None:
        masking = Masking(
            unit=config.objective.masking,
            mask_id=special.mask,
            maskable=maskable_ids(tokenizer),
            continues=word_continuations(tokenizer),
        )
    return _BatchBuilders(BatchBuilder(train, special, masking), BatchBuilder(held_out, special, masking))


def _make_data(
    config: PretrainConfig, builder: BatchBuilder, pretrained: Pretrained, *, phases: Sequence[Phase]
) -> PretrainingData:
    settings, objective = config.training, config.objective
    return PretrainingData(
        builder,
        tokenizer=pretrained.tokenizer,
        rate=MaskRate(objective.mask_rate, objective.mask_rate_end or objective.mask_rate),
        phases=phases,
        measurements=settings.measurements,
        budget=settings.batch_subwords,
        accumulate=settings.accumulate,
        seed=settings.seed,
    )


def _make_measure_factory(
    config: PretrainConfig,
    model: PretrainingModel | DistillationModel,
    builder: BatchBuilder,
    *,
    pairs: SentencePairs,
    learner: LearnerSettings,
) -> _MeasureFactory | None:
    if not builder.text.subwords:
        return None
    objective = config.objective

    def make_measure(subwords: int) -> Measure:
        held_out = HeldOutEvaluator(
            builder,
            pairs=pairs if len(builder.text.documents) > 2 else "none",
            window=objective.window,
            rate=objective.mask_rate_end or objective.mask_rate,
            subwords=subwords,
        )

        def measure() -> Score:
            return held_out.measure(model, device=learner.device, dtype=learner.dtype)

        return measure

    return make_measure


def _count_text_units(train: TokenizedText, held_out: TokenizedText) -> dict[str, int]:
    return {
        "documents": len(train.documents) - 1,
        "sentences": len(train.sentences) - 1,
        "subwords": train.subwords,
        "held_out_documents": len(held_out.documents) - 1,
        "held_out_subwords": held_out.subwords,
    }
