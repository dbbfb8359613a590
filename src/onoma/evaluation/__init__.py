"""Evaluation of taggers on annotated documents, shared by the command line, the Python API, reports and training."""

from onoma.evaluation.calibrate import FEWEST_ENTITIES, CalibrationResult, calibrate
from onoma.evaluation.evaluate import evaluate, full_report, tag_gold
from onoma.evaluation.layers import figures_of_layers, layer_figures
from onoma.evaluation.span_threshold import ChosenThreshold, choose_bound

__all__ = [
    "FEWEST_ENTITIES",
    "CalibrationResult",
    "ChosenThreshold",
    "calibrate",
    "choose_bound",
    "evaluate",
    "figures_of_layers",
    "full_report",
    "layer_figures",
    "tag_gold",
]
