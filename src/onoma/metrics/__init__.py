"""Gold and predicted documents to counts, counts to figures."""

from onoma.metrics.align import Aligned, Mention, align
from onoma.metrics.counts import Averages, Counts, Figures, average
from onoma.metrics.partial import count_partial
from onoma.metrics.report import Report
from onoma.metrics.scoring import Tally, score
from onoma.metrics.spans import count_exact
from onoma.metrics.surface import SurfaceForms

__all__ = [
    "Aligned",
    "Averages",
    "Counts",
    "Figures",
    "Mention",
    "Report",
    "SurfaceForms",
    "Tally",
    "align",
    "average",
    "count_exact",
    "count_partial",
    "score",
]
