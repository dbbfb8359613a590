"""The result of an evaluation, as one value with everything that is shown to people or read by programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import fmean, stdev

from onoma.metrics.counts import Averages, Counts, Figures, as_fractions, average
from onoma.metrics.errors import Errors
from onoma.metrics.intervals import Intervals
from onoma.metrics.reliability import Reliability
from onoma.metrics.rows import CONVENTIONS, FigureRow
from onoma.metrics.semeval import Outcomes, SemEval
from onoma.metrics.significance import PairedComparison
from onoma.text.markup import NO_MATHJAX_CLASSES, escaped


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Evaluation of predicted entities against gold entities.

    Attributes:
        exact: counts by the same boundaries and label, over all entities (micro).
        surface: counts of distinct pairs of surface form and label, over the whole data set.
        partial: counts by boundaries alone, with half credit for an overlap.
        labels: exact counts of every label that gold or predicted has, in alphabetical order.
        semeval: outcomes by the four schemes of SemEval-2013.
        words: counts of single words inside entities; None if gold does not give its words.
        strict_reading: exact counts without entities that exist only because broken tags were repaired, which are left
            out on both sides; None if no tags were broken.
        documents: number of gold documents.
        notes: notes about the data that matter for reading the metrics, one sentence each.
        intervals: confidence intervals of the exact metrics; None if not requested.
        errors: error analysis; None if not requested.
        reliability: reliability of the scores of predicted entities; None if not requested or if there are no scores.
        against: another system on the same gold, with tests of the difference; None if not requested.
        runs: reports of further runs of the same system, with other seeds.
        layers: metrics of further tasks, whose gold annotation is in layers of the documents: fractions of 1 by task
            and name.
    """

    exact: Counts
    surface: Counts
    partial: Counts
    labels: Mapping[str, Counts] = field(default_factory=dict)
    semeval: SemEval = field(default_factory=SemEval)
    words: Counts | None = None
    strict_reading: Counts | None = None
    documents: int = 0
    notes: tuple[str, ...] = ()
    intervals: Intervals | None = None
    errors: Errors | None = None
    reliability: Reliability | None = None
    against: Against | None = None
    runs: tuple[Report, ...] = ()
    layers: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def macro(self) -> Averages:
        """Exact metrics averaged over labels, including labels that are only predicted."""
        return average(self.labels.values())

    @property
    def weighted(self) -> Averages:
        """Exact metrics averaged over labels, weighted by support."""
        return average(self.labels.values(), weighted=True)

    def _repr_html_(self) -> str:
        """Return the table of metrics as HTML, for notebooks."""
        names = ["in %", "precision", "recall", "F1", "support"]
        if self.intervals is not None:
            names.append(f"F1, {self.intervals.level:.0%} interval")
        rows = []
        for row in figure_rows(self):
            cells = "".join(f"<td>{cell}</td>" for cell in row.cells()[: len(names) - 1])
            style = ' style="font-weight: bold"' if row.emphasis else ""
            section_break = "</tbody>\n<tbody>\n" if row.section else ""
            rows.append(f'{section_break}<tr{style}><th scope="row">{escaped(row.name)}</th>{cells}</tr>\n')
        head = "".join(f'<th scope="col">{name}</th>' for name in names)
        body = "".join(rows)
        table = f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>"
        return f'<table class="{NO_MATHJAX_CLASSES}">\n{table}\n</table>\n'

    def to_json(self) -> dict[str, object]:
        """Return plain values for :func:`json.dumps`; metrics are fractions of 1, support and documents are counts."""
        optional = {
            "intervals": self.intervals,
            "errors": self.errors,
            "reliability": self.reliability,
            "against": self.against,
        }
        return {
            "exact": as_fractions(self.exact),
            "surface": as_fractions(self.surface),
            "partial": as_fractions(self.partial),
            "macro": as_fractions(self.macro),
            "weighted": as_fractions(self.weighted),
            "labels": {
                label: {**as_fractions(counts), "support": counts.support} for label, counts in self.labels.items()
            },
            "semeval": {
                "strict": _outcomes_to_json(self.semeval.strict),
                "exact": _outcomes_to_json(self.semeval.exact),
                "partial": _outcomes_to_json(self.semeval.partial),
                "type": _outcomes_to_json(self.semeval.type),
            },
            "words": None if self.words is None else as_fractions(self.words),
            **({} if self.strict_reading is None else {"strict_reading": as_fractions(self.strict_reading)}),
            "support": self.exact.support,
            "predicted": self.exact.predicted,
            "documents": self.documents,
            "notes": list(self.notes),
            **{name: part.to_json() for name, part in optional.items() if part is not None},
            **({"runs": _runs_to_json([self, *self.runs])} if self.runs else {}),
            **({"layers": {task: dict(figures) for task, figures in self.layers.items()}} if self.layers else {}),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """Another system on the same gold, and its comparison with ours.

    Attributes:
        name: name of the other system.
        report: report of the other system.
        comparison: tests of the difference, ours minus theirs.
    """

    name: str
    report: Report
    comparison: PairedComparison

    def to_json(self) -> dict[str, object]:
        """Return plain values for :func:`json.dumps`: the other system's report, and ``difference``."""
        return {**self.report.to_json(), "difference": self.comparison.to_json()}


def _runs_to_json(reports: Sequence[Report]) -> dict[str, object]:
    figures = {name: {figure: asdict(value) for figure, value in row.items()} for name, row in spread(reports).items()}
    return {"count": len(reports), **figures}


def _outcomes_to_json(outcomes: Outcomes) -> dict[str, float]:
    counts = {
        "correct": outcomes.correct,
        "incorrect": outcomes.incorrect,
        "partial": outcomes.partial,
        "missed": outcomes.missed,
    }
    return {**as_fractions(outcomes), **counts, "spurious": outcomes.spurious}


def figure_rows(report: Report) -> Iterator[FigureRow]:
    """Yield a row for each label, then one for each counting convention."""
    yield from label_rows(report)
    yield from convention_rows(report)


def label_rows(report: Report) -> Iterator[FigureRow]:
    """Yield a row with the exact metrics of each label."""
    for label, counts in report.labels.items():
        interval = None if report.intervals is None else report.intervals.labels[label].f1
        yield FigureRow(name=label, figures=counts, support=counts.support, interval=interval)


def convention_rows(report: Report) -> Iterator[FigureRow]:
    """Yield a row for each counting convention, without those that the report does not have."""
    figures: dict[str, Counts | Outcomes | Averages | None] = {
        "exact": report.exact,
        "strict_reading": report.strict_reading,
        "macro": report.macro,
        "weighted": report.weighted,
        "surface": report.surface,
        "partial": report.partial,
        "semeval.exact": report.semeval.exact,
        "semeval.type": report.semeval.type,
        "words": report.words,
    }
    for key, (name, meaning) in CONVENTIONS.items():
        values, is_exact = figures[key], key == "exact"
        if values is not None:
            yield FigureRow(
                name=name,
                figures=values,
                support=None if isinstance(values, Averages) else values.support,
                interval=report.intervals.exact.f1 if is_exact and report.intervals is not None else None,
                meaning=meaning,
                emphasis=is_exact,
                section=is_exact,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Mean and sample standard deviation (over n - 1) of one metric over runs; the deviation of a single run is 0."""

    mean: float
    deviation: float


def spread(reports: Sequence[Report]) -> Mapping[str, Mapping[str, Spread]]:
    """Return the spread of the exact, surface, partial and macro metrics over runs.

    Args:
        reports: reports of the runs, at least one.
    """
    rows: dict[str, list[Figures]] = {
        "exact": [report.exact for report in reports],
        "surface": [report.surface for report in reports],
        "partial": [report.partial for report in reports],
        "macro": [report.macro for report in reports],
    }
    return {
        name: {
            "precision": _compute_spread([each.precision for each in figures]),
            "recall": _compute_spread([each.recall for each in figures]),
            "f1": _compute_spread([each.f1 for each in figures]),
        }
        for name, figures in rows.items()
    }


def _compute_spread(values: Sequence[float]) -> Spread:
    return Spread(mean=fmean(values), deviation=stdev(values) if len(values) > 1 else 0.0)
