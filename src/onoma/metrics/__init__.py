"""Evaluation metrics: counts of matches, precision, recall and F1, their uncertainty, and error analysis."""

from onoma.metrics.accuracy import Accuracy, label_accuracy
from onoma.metrics.align import Aligned, Mention, align
from onoma.metrics.counting import count_partial
from onoma.metrics.counts import Averages, Counts, Figures, as_fractions, average
from onoma.metrics.errors import KINDS, EntityError, ErrorKind, Errors, TrainingForms, analyse_errors, document_errors
from onoma.metrics.intervals import FigureIntervals, Interval, Intervals, bootstrap
from onoma.metrics.reliability import (
    Bin,
    Point,
    Reliability,
    Scored,
    TargetMetric,
    choose_threshold,
    reliability,
    threshold_curve,
)
from onoma.metrics.report import (
    Against,
    Report,
    Spread,
    convention_rows,
    figure_rows,
    label_rows,
    spread,
)
from onoma.metrics.rows import (
    CONVENTIONS,
    percent,
    percent_range,
    percents,
)
from onoma.metrics.sample import Sample
from onoma.metrics.scoring import detailed_report, score, tally
from onoma.metrics.seed_bootstrap import SeedsDifference, compare_over_seeds, mean_f1_interval
from onoma.metrics.semeval import Outcomes, SemEval, count_semeval
from onoma.metrics.significance import Difference, PairedComparison, compare

__all__ = [
    "CONVENTIONS",
    "KINDS",
    "Accuracy",
    "Against",
    "Aligned",
    "Averages",
    "Bin",
    "PairedComparison",
    "Counts",
    "Difference",
    "Errors",
    "FigureIntervals",
    "Figures",
    "Interval",
    "Intervals",
    "ErrorKind",
    "Mention",
    "EntityError",
    "Outcomes",
    "Point",
    "Reliability",
    "Report",
    "Sample",
    "Scored",
    "SeedsDifference",
    "SemEval",
    "Spread",
    "TargetMetric",
    "TrainingForms",
    "align",
    "analyse_errors",
    "as_fractions",
    "average",
    "bootstrap",
    "choose_threshold",
    "compare",
    "compare_over_seeds",
    "convention_rows",
    "count_partial",
    "count_semeval",
    "detailed_report",
    "document_errors",
    "figure_rows",
    "label_accuracy",
    "label_rows",
    "mean_f1_interval",
    "percent",
    "percent_range",
    "percents",
    "reliability",
    "score",
    "spread",
    "tally",
    "threshold_curve",
]
