"""Aligned documents -> a report with everything that is known how to ask, for the commands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from onoma.metrics.align import Aligned
from onoma.metrics.errors import Known, find_errors
from onoma.metrics.intervals import bootstrap
from onoma.metrics.reliability import Scored, reliability
from onoma.metrics.report import Report
from onoma.metrics.sample import FEWEST_DOCUMENTS, Sample
from onoma.metrics.scoring import tally


def judge(pairs: Sequence[Aligned], *, known: Known | None = None) -> Report:
    """Score, with intervals, errors, and the reliability of scores where there are any.

    Args:
        pairs: from :func:`~onoma.metrics.align.align`.
        known: the surface forms of the training text.
    """
    report, sample = tally(pairs), Sample.of(pairs)
    few = (f"the intervals are based on only {sample.units} {sample.unit}; so few make them too narrow",)
    return replace(
        report,
        intervals=bootstrap(sample),
        errors=find_errors(pairs, known=known),
        reliability=reliability(Scored.of(pairs)),
        notes=(*report.notes, *(few if sample.units < FEWEST_DOCUMENTS else ())),
    )
