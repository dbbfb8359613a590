"""Comparisons of candidates over many training runs: cells in worker processes, their records, and the evaluation.

A cell is one training run of a candidate on a corpus, with a number of training sentences and a seed. The caller passes
the function that trains a cell.
"""

from onoma.experiments.cells import Cell, cells_of
from onoma.experiments.comparison import (
    Comparison,
    ComparisonRow,
    MeanAndDeviation,
    largest_size,
    make_comparison,
)
from onoma.experiments.config import ALL, CandidateConfig, ComparisonConfig, file_name, read_comparison
from onoma.experiments.cost_limits import CostLimits
from onoma.experiments.forecast import DevSize, Forecast, fitted_curve
from onoma.experiments.learning_curves import LearningCurve
from onoma.experiments.processes import (
    CellDone,
    CellEvent,
    CellFailed,
    CellPostponed,
    CellProgress,
    processes_for,
    run_cells,
)
from onoma.experiments.records import CellRecord, Speed, read_record, read_speed, write_record, write_speed

__all__ = [
    "ALL",
    "CandidateConfig",
    "Cell",
    "CellDone",
    "CellEvent",
    "CellFailed",
    "CellPostponed",
    "CellProgress",
    "CellRecord",
    "Comparison",
    "ComparisonConfig",
    "DevSize",
    "Forecast",
    "LearningCurve",
    "MeanAndDeviation",
    "ComparisonRow",
    "Speed",
    "CostLimits",
    "cells_of",
    "file_name",
    "fitted_curve",
    "largest_size",
    "make_comparison",
    "processes_for",
    "read_comparison",
    "read_record",
    "read_speed",
    "run_cells",
    "write_record",
    "write_speed",
]
