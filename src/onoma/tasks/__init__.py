"""Prediction tasks: training targets, decoding and calibration, implemented in numpy without torch."""

from onoma.tasks.calibration import (
    PROBABILITY_EPSILON,
    UNCALIBRATED,
    UNSCALED,
    Calibration,
    Scaling,
    fit_scaling,
    fit_temperature,
    log_odds,
)
from onoma.tasks.lattice import Lattice, softmax
from onoma.tasks.limits import MAX_LABELS, MAX_SPAN_SIZE, MAX_SPAN_WORDS
from onoma.tasks.sentence_task import SentenceTask
from onoma.tasks.span_task import SpanTask
from onoma.tasks.tag_task import TagTask
from onoma.tasks.targets import NO_SPANS, OVERLAPS, Overlaps, Targets, gold_chunks
from onoma.tasks.task import NO_TARGET, ScoredSpan, SentencePrediction, Task
from onoma.tasks.transitions import Transitions, best_tags
from onoma.tasks.word_task import WordTask

EntityTask = TagTask | SpanTask
"""A task that predicts entities."""

AnyTask = EntityTask | WordTask | SentenceTask
"""Any task: entities, a label for each word, or a label for each sentence."""

__all__ = [
    "MAX_LABELS",
    "MAX_SPAN_SIZE",
    "MAX_SPAN_WORDS",
    "NO_SPANS",
    "NO_TARGET",
    "OVERLAPS",
    "Overlaps",
    "PROBABILITY_EPSILON",
    "UNCALIBRATED",
    "UNSCALED",
    "AnyTask",
    "Calibration",
    "EntityTask",
    "Lattice",
    "SentencePrediction",
    "SentenceTask",
    "Scaling",
    "ScoredSpan",
    "SpanTask",
    "TagTask",
    "Targets",
    "Task",
    "Transitions",
    "WordTask",
    "best_tags",
    "fit_scaling",
    "fit_temperature",
    "gold_chunks",
    "log_odds",
    "softmax",
]
