"""Many runs on one's own data: cells of a comparison in worker processes, their records, and what follows from them.

A cell is one training run: a corpus, a candidate, so many sentences, a seed. This package does not know how a cell is
trained; whoever calls passes the function that does it.
"""

from onoma.experiments.cells import Cell, cells_of
from onoma.experiments.comparison import Comparison, ComparisonRow, LearningCurve, Measured, Within, make_comparison
from onoma.experiments.config import ALL, CandidateConfig, ComparisonConfig, file_name, read_comparison
from onoma.experiments.forecast import Forecast
from onoma.experiments.processes import CellDone, CellEvent, CellFailed, CellProgress, processes_for, run_cells
from onoma.experiments.records import CellRecord, Speed, read_record, read_speed, write_record, write_speed

__all__ = [
    "ALL",
    "CandidateConfig",
    "Cell",
    "CellDone",
    "CellEvent",
    "CellFailed",
    "CellProgress",
    "CellRecord",
    "Comparison",
    "ComparisonConfig",
    "Forecast",
    "LearningCurve",
    "Measured",
    "ComparisonRow",
    "Speed",
    "Within",
    "cells_of",
    "file_name",
    "make_comparison",
    "processes_for",
    "read_comparison",
    "read_record",
    "read_speed",
    "run_cells",
    "write_record",
    "write_speed",
]
