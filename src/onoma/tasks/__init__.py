"""What is predicted: targets, decoding and calibration, in numpy alone."""

from onoma.tasks.calibration import (
    SUREST,
    UNCALIBRATED,
    UNSCALED,
    Calibration,
    Scaling,
    fit_scaling,
    fit_temperature,
    log_odds,
    temper,
)
from onoma.tasks.lattice import Lattice, softmax
from onoma.tasks.span_task import SpanPrediction, SpanTask
from onoma.tasks.tag_task import MOST_LABELS, TagPrediction, TagTask
from onoma.tasks.targets import NO_SPANS, OVERLAPS, Overlaps, Targets, gold_chunks
from onoma.tasks.task import NO_TARGET, ScoredSpan, SentencePrediction, Task
from onoma.tasks.transitions import Transitions, best_sequences, best_tags

__all__ = [
    "MOST_LABELS",
    "NO_SPANS",
    "NO_TARGET",
    "OVERLAPS",
    "Overlaps",
    "SUREST",
    "UNCALIBRATED",
    "UNSCALED",
    "Calibration",
    "Lattice",
    "SentencePrediction",
    "Scaling",
    "ScoredSpan",
    "SpanPrediction",
    "SpanTask",
    "TagPrediction",
    "TagTask",
    "Targets",
    "Task",
    "Transitions",
    "best_sequences",
    "best_tags",
    "fit_scaling",
    "fit_temperature",
    "gold_chunks",
    "log_odds",
    "softmax",
    "temper",
]
