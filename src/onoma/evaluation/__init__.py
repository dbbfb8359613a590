"""Evaluation of taggers on annotated documents, shared by the command line, the Python API, reports and training."""

from onoma.evaluation.bound import ChosenBound, choose_bound
from onoma.evaluation.calibrate import FEWEST_ENTITIES, Calibrated, calibrate
from onoma.evaluation.evaluate import evaluate, full_report, tag_gold
from onoma.evaluation.layers import figures_of_layers, layer_figures

__all__ = [
    "FEWEST_ENTITIES",
    "Calibrated",
    "ChosenBound",
    "calibrate",
    "choose_bound",
    "evaluate",
    "figures_of_layers",
    "full_report",
    "layer_figures",
    "tag_gold",
]
