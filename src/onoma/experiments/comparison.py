"""Result of a comparison, built from the records and speeds of its cells: a row for each candidate, size and corpus.

The best candidate of a corpus and size is the one with the highest mean F1 on dev among those with the most finished
runs; the test scores of the others are compared with its scores. A row is on the Pareto front if no other row of its
corpus and size is at least as good in F1 on dev, words per second and model size, and better in one of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import fmean, stdev

from onoma.errors import InputError
from onoma.experiments.cost_limits import CostLimits
from onoma.experiments.forecast import DevSize
from onoma.experiments.learning_curves import LearningCurve, learning_curves
from onoma.experiments.records import CellRecord, Speed
from onoma.metrics import Interval, SeedsDifference, compare_over_seeds, mean_f1_interval


@dataclass(frozen=True, slots=True)
class MeanAndDeviation:
    """Mean and standard deviation of a metric or a time over runs, in fractions of 1 or in seconds.

    The deviation of a single run is unknown, and None.
    """

    mean: float
    deviation: float | None

    @classmethod
    def of(cls, values: Sequence[float]) -> MeanAndDeviation:
        """Return the mean and standard deviation of at least one value."""
        return cls(fmean(values), stdev(values) if len(values) > 1 else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonRow:
    """Results of a candidate on a corpus at a training size.

    Attributes:
        corpus, candidate: names of the corpus and of the candidate.
        sentences: number of training sentences; None for all.
        train_sentences: number of sentences actually trained on.
        tested_on: ``test``, or ``dev`` if the corpus has no test set.
        seeds: seeds of the finished runs; empty if all runs have failed.
        failed_seeds: seeds of the failed runs.
        dev, test: F1 on dev and on test; without a test set, ``test`` is F1 on dev. None without a finished run.
        interval: interval of the mean F1 on test.
        difference: F1 on test minus that of the best candidate; None for the best candidate itself, and if the two
            have no seed in common or were not tested on the same gold entities.
        seconds: training time in seconds.
        speed: speed of the model; None if it was not measured, as for all sizes but the largest.
        best: whether its mean F1 on dev is the highest among the candidates with the most finished runs.
        on_front: whether it is on the Pareto front.
        errors: error messages of failed runs.
    """

    corpus: str
    candidate: str
    sentences: int | None
    train_sentences: int
    tested_on: str = "test"
    seeds: tuple[int, ...]
    failed_seeds: tuple[int, ...] = ()
    dev: MeanAndDeviation | None = None
    test: MeanAndDeviation | None = None
    interval: Interval | None = None
    difference: SeedsDifference | None = None
    seconds: MeanAndDeviation | None = None
    speed: Speed | None = None
    best: bool = False
    on_front: bool = False
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Result of a comparison.

    Attributes:
        rows: rows by corpus, size and candidate, in the order of the configuration; sizes are in ascending order.
        curves: learning curves, of candidates trained at several sizes.
        machine: name of the processor, of all processors if runs of earlier calls had others, and number of cores used.
        threads: number of threads of the runs; several numbers if they differ.
        within: bounds set by the caller.
        chosen: candidate of each corpus with the highest F1 on dev within the bounds, at the largest size; None if no
            candidate is within them.
        notes: notices for the reader, such as on how data was read.
    """

    rows: tuple[ComparisonRow, ...]
    curves: tuple[LearningCurve, ...]
    machine: Mapping[str, object]
    threads: tuple[int, ...]
    within: CostLimits | None = None
    chosen: Mapping[str, str | None]
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        """Return plain values for :func:`json.dumps`, with F1 in fractions of 1."""
        return {
            "rows": [_row_json(row) for row in self.rows],
            "curves": [asdict(curve) for curve in self.curves],
            "machine": dict(self.machine),
            "threads": list(self.threads),
            "within": None if self.within is None else dict(self.within.bounds),
            "chosen": dict(self.chosen),
            "notes": list(self.notes),
        }


def make_comparison(
    records: Sequence[CellRecord],
    speeds: Mapping[tuple[str, str], Speed],
    *,
    dev_sizes: Mapping[tuple[str, str], DevSize],
    machine: Mapping[str, object],
    within: CostLimits | None = None,
) -> Comparison:
    """Build the result of a comparison.

    Args:
        records: records of all cells, in the order of the configuration.
        speeds: speeds of the models of the largest size, by corpus and candidate.
        dev_sizes: size of the dev set, by corpus and candidate.
        machine: name of the processor, and number of cores used.
        within: upper bounds for the cost of the chosen models.
    """
    groups: dict[tuple[str, int | None], dict[str, list[CellRecord]]] = {}
    for record in records:
        groups.setdefault((record.corpus, record.sentences), {}).setdefault(record.candidate, []).append(record)
    largest = {corpus: largest_size(sentences for name, sentences in groups if name == corpus) for corpus, _ in groups}
    rows: list[ComparisonRow] = []
    for (corpus, sentences), candidates in sorted(groups.items(), key=lambda item: _sort_key(item[0], list(largest))):
        measured = speeds if sentences == largest[corpus] else {}
        rows += _rows(candidates, {name: measured[corpus, name] for name in candidates if (corpus, name) in measured})
    return Comparison(
        rows=tuple(rows),
        curves=tuple(learning_curves(records, dev_sizes=dev_sizes)),
        machine=machine,
        threads=tuple(sorted({record.threads for record in records if not record.error})),
        within=within,
        chosen=_choose_candidates([row for row in rows if row.sentences == largest[row.corpus]], within),
        notes=(
            *_describe_missing_tests(rows),
            *dict.fromkeys(note for record in records for note in record.notes),
        ),
    )


def _describe_missing_tests(rows: Sequence[ComparisonRow]) -> list[str]:
    corpora = dict.fromkeys(row.corpus for row in rows if row.tested_on == "dev")
    if not corpora:
        return []
    reason = "without test text, the best candidate is chosen and scored on the same dev text"
    return [f"{', '.join(corpora)}: {reason}, and its score is likely too high; name test text with --test"]


def _rows(candidates: Mapping[str, Sequence[CellRecord]], speeds: Mapping[str, Speed]) -> list[ComparisonRow]:
    """Return the rows of one corpus and size."""
    rows = [_row(records, speeds.get(name)) for name, records in candidates.items()]
    finished = [row for row in rows if row.dev is not None]
    if not finished:
        return rows
    best = max(finished, key=_preference)
    rows = [
        replace(
            row,
            best=row is best,
            on_front=row.speed is not None and not any(_dominates(other, row) for other in rows),
            difference=_compare_with_best(candidates[row.candidate], candidates[best.candidate])
            if row is not best
            else None,
        )
        for row in rows
    ]
    return rows


def _row(records: Sequence[CellRecord], speed: Speed | None) -> ComparisonRow:
    first = records[0]
    finished = [record for record in records if not record.error]
    row = ComparisonRow(
        corpus=first.corpus,
        candidate=first.candidate,
        sentences=first.sentences,
        train_sentences=first.train_sentences,
        tested_on=first.tested_on,
        seeds=tuple(record.seed for record in finished),
        failed_seeds=tuple(record.seed for record in records if record.error),
        errors=tuple(dict.fromkeys(record.error for record in records if record.error)),
    )
    if not finished:
        return row
    return replace(
        row,
        dev=MeanAndDeviation.of([record.dev["f1"] for record in finished]),
        test=MeanAndDeviation.of([record.f1 for record in finished]),
        interval=mean_f1_interval([record.array for record in finished]),
        seconds=MeanAndDeviation.of([record.seconds for record in finished]),
        speed=speed,
    )


def _dev_f1(row: ComparisonRow) -> float:
    return -1.0 if row.dev is None else row.dev.mean


def _preference(row: ComparisonRow) -> tuple[int, float, float, float]:
    """Return the key by which a finished row is preferred: its runs, its F1 on dev, and at equal F1, its cost."""
    speed = row.speed
    cost = (-math.inf, -math.inf) if speed is None else (speed.words_per_second, -speed.size)
    return len(row.seeds), _dev_f1(row), *cost


def _compare_with_best(ours: Sequence[CellRecord], best: Sequence[CellRecord]) -> SeedsDifference | None:
    """Return the difference over the seeds that both have finished; None if there are none, or if gold differs."""
    by_seed = [{record.seed: record.array for record in records if not record.error} for records in (ours, best)]
    seeds = sorted(by_seed[0].keys() & by_seed[1].keys())
    if not seeds:
        return None
    try:
        return compare_over_seeds(*([runs[seed] for seed in seeds] for runs in by_seed))
    except InputError:  # the candidates have different test files, or different names of labels
        return None


def _dominates(other: ComparisonRow, row: ComparisonRow) -> bool:
    """Return whether another row is at least as good in all respects and better in one."""
    if other.speed is None or row.speed is None or other is row:
        return False
    pairs = [
        (_dev_f1(other), _dev_f1(row)),
        (other.speed.words_per_second, row.speed.words_per_second),
        (-other.speed.size, -row.speed.size),
    ]
    return all(theirs >= ours for theirs, ours in pairs) and any(theirs > ours for theirs, ours in pairs)


def _choose_candidates(rows: Sequence[ComparisonRow], within: CostLimits | None) -> dict[str, str | None]:
    chosen: dict[str, str | None] = {}
    for corpus in dict.fromkeys(row.corpus for row in rows):
        eligible = [
            row
            for row in rows
            if row.corpus == corpus and row.dev is not None and (within is None or within.holds(row.speed))
        ]
        chosen[corpus] = max(eligible, key=_preference).candidate if eligible else None
    return chosen


def largest_size(sizes: Iterable[int | None]) -> int | None:
    """Return the largest of several sizes, in sentences; None stands for all."""
    return max(sizes, key=_as_number)


def _as_number(size: int | None) -> float:
    return float("inf") if size is None else size


def _sort_key(group: tuple[str, int | None], corpora: Sequence[str]) -> tuple[int, float]:
    corpus, size = group
    return corpora.index(corpus), _as_number(size)


def _row_json(row: ComparisonRow) -> dict[str, object]:
    return asdict(replace(row, speed=None)) | {
        "speed": None if row.speed is None else {key: getattr(row.speed, key) for key in row.speed.__struct_fields__}
    }
