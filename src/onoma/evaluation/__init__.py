"""A tagger and annotated documents to figures: the one implementation for commands, programs, reports and training."""

from onoma.evaluation.calibrate import FEWEST_ENTITIES, Calibrated, calibrate
from onoma.evaluation.evaluate import evaluate, full_report, tag_gold

__all__ = ["FEWEST_ENTITIES", "Calibrated", "calibrate", "evaluate", "full_report", "tag_gold"]
