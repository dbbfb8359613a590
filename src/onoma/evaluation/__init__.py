"""Evaluation of taggers on annotated documents, shared by the command line, the Python API, reports and training."""

from onoma.evaluation.calibrate import CalibrationResult, calibrate
from onoma.evaluation.evaluate import evaluate, full_report, tag_gold
from onoma.evaluation.layers import evaluate_task, layer_metrics
from onoma.evaluation.span_threshold import choose_span_threshold

__all__ = [
    "CalibrationResult",
    "calibrate",
    "choose_span_threshold",
    "evaluate",
    "layer_metrics",
    "full_report",
    "evaluate_task",
    "tag_gold",
]
