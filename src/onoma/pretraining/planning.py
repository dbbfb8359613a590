"""Planning of a run: number of steps, window sizes, learning rate."""

from __future__ import annotations

import copy
import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from onoma.engine.config import learner_settings
from onoma.engine.dtype import Dtype
from onoma.engine.events import Listener, Notice
from onoma.engine.learner import Learner, LearnerSettings
from onoma.io.files import replacing
from onoma.models import DistillationModel, MaskedBatch, Pretrained, PretrainingModel
from onoma.pretraining.config import PretrainConfig
from onoma.pretraining.data import BatchStream, Phase, PretrainingData
from onoma.pretraining.sequences import SentencePairs
from onoma.pretraining.tokenized import TokenizedText

_PLAN_FILE = "plan.json"
_MINI_WIDTH, _SMALL_WIDTH = 256, 384

_NEW_HEAD_LEARNING_RATE, _HEAD_FIRST_SHARE = 1e-3, 0.3
"""Defaults for an existing encoder with a new head: the head's learning rate, and the share of steps with it alone."""

_WARMUP_STEPS, _TIMED_STEPS = 3, 8
"""Number of warm-up steps before the speed is measured, and number of timed steps."""

_STEP_TIME_SHARE = 0.95
"""Share of the time that is planned for steps; the rest is for evaluation."""


@dataclass(frozen=True, slots=True)
class Streams:
    """Batch streams of a run.

    Attributes:
        first: stream for most of the steps.
        last: stream with longer windows for the last steps; None if all steps use the same window.
        last_share: share of the steps that use ``last``.
    """

    first: BatchStream
    last: BatchStream | None
    last_share: float

    @classmethod
    def of(cls, config: PretrainConfig, text: TokenizedText, *, pairs: SentencePairs) -> Streams:
        """Create the streams of a configuration."""
        objective, settings = config.objective, config.training

        def make_stream(window: int, number: int) -> BatchStream:
            seed = (settings.seed, number)
            return BatchStream(text, window=window, pairs=pairs, budget=settings.batch_subwords, seed=seed)

        last = None if objective.long_window is None else make_stream(objective.long_window, 1)
        return cls(make_stream(objective.window, 0), last, objective.long_share)

    def phases(self, steps: int) -> list[Phase]:
        """Divide a number of steps into phases, one per stream."""
        if self.last is None:
            return [Phase(steps, self.first)]
        last_steps = min(steps, round(steps * self.last_share))
        return [Phase(steps - last_steps, self.first), Phase(last_steps, self.last)]


def plan_steps(
    config: PretrainConfig,
    streams: Streams,
    data_of: Callable[[Sequence[Phase]], PretrainingData],
    *,
    model: PretrainingModel | DistillationModel,
    learner: LearnerSettings,
    folder: Path | None,
    on_event: Listener,
) -> int:
    """Return the number of steps of a run.

    The number of steps for a training time is planned only once: a resumed run keeps its plan.

    Args:
        config: configuration of the run.
        streams: batch streams of the run.
        data_of: function that returns the batches of the given phases.
        model: model whose speed is measured.
        learner: settings of the learner.
        folder: folder in which the plan is stored; None to store nothing.
        on_event: called with a notice about the plan.
    """
    settings = config.training
    if settings.steps is not None:
        return settings.steps
    if settings.minutes is None:
        passes = settings.epochs or (10.0 if config.model.is_randomly_initialized else 3.0)
        return max(1, round(passes * streams.first.per_pass / settings.accumulate))
    path = None if folder is None else folder / _PLAN_FILE
    plan: dict[str, float] = json.loads(path.read_text(encoding="utf-8")) if path and path.is_file() else {}
    if plan.get("minutes") == settings.minutes:
        return int(plan["steps"])
    phases = streams.phases(_WARMUP_STEPS + _TIMED_STEPS)
    shares = [1.0] if streams.last is None else [1 - streams.last_share, streams.last_share]
    seconds = [
        share
        * _measure_step_seconds(
            model, data_of([replace(phase, steps=_WARMUP_STEPS + _TIMED_STEPS)]), learner, settings.accumulate
        )
        for phase, share in zip(phases, shares, strict=True)
    ]
    steps = max(1, int(60 * settings.minutes * _STEP_TIME_SHARE / sum(seconds)))
    if path is not None:
        with replacing(path) as file:
            file.write(json.dumps({"minutes": settings.minutes, "steps": steps}) + "\n")
    on_event(Notice(f"{steps:,} steps take {settings.minutes:g} minutes at the speed of the first ones"))
    return steps


def plan_learner(
    config: PretrainConfig, pretrained: Pretrained, *, new_head: bool, device: torch.device, dtype: Dtype
) -> LearnerSettings:
    """Return the settings of the learner: those of the configuration, with defaults that depend on the encoder.

    Args:
        config: configuration of the run.
        pretrained: the encoder.
        new_head: whether the encoder gets a new head for masked subwords.
        device: device to train on.
        dtype: dtype of training.
    """
    settings = config.training
    if config.model.is_randomly_initialized:
        return learner_settings(
            settings,
            device=device,
            dtype=dtype,
            learning_rate=settings.learning_rate or 3e-4 * _MINI_WIDTH / pretrained.hidden,
        )
    rate = 1e-4 * _SMALL_WIDTH / pretrained.hidden
    head_rate, head_first = None, 0.0
    if new_head:
        # The output embeddings are tied to the input embeddings, so an untrained head would change all of them in every
        # step.
        rate, head_rate = rate / 2, _NEW_HEAD_LEARNING_RATE
        head_first = _HEAD_FIRST_SHARE if settings.head_first is None else settings.head_first
        settings = settings.model_copy(update={"freeze_embeddings": settings.freeze_embeddings in (None, True)})
    learner = learner_settings(
        settings,
        device=device,
        dtype=dtype,
        learning_rate=settings.learning_rate or rate,
        head_learning_rate=head_rate,
    )
    return replace(learner, head_first=head_first)


def _measure_step_seconds(
    model: PretrainingModel | DistillationModel, data: PretrainingData, settings: LearnerSettings, accumulate: int
) -> float:
    """Return the median time of a step in seconds, measured on a copy of the model; the random state is restored."""
    state = torch.get_rng_state()
    learner: Learner[MaskedBatch] = Learner(
        copy.deepcopy(model).train(), settings=replace(settings, average=None), steps=_WARMUP_STEPS + _TIMED_STEPS
    )
    seconds = []
    for number in range(_WARMUP_STEPS + _TIMED_STEPS):
        started = time.perf_counter()
        batches = range(number * accumulate, (number + 1) * accumulate)
        learner.step([data.load((batch,), epoch=0, device=settings.device) for batch in batches])
        seconds.append(time.perf_counter() - started)
    torch.set_rng_state(state)
    return statistics.median(seconds[_WARMUP_STEPS:])
