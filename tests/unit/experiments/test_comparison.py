"""Records and speeds to rows: what is best, what is compared, what is on the front, what is chosen."""

from __future__ import annotations

import json
import math

import pytest

from onoma.errors import ConfigError
from onoma.experiments import Comparison, CostLimits, DevSize, make_comparison
from support.records import curve, record, speed


def compared(records, speeds=None, **more) -> Comparison:
    return make_comparison(
        records,
        speeds or {},
        dev_sizes={(each.corpus, each.candidate): DevSize(1_000, 100) for each in records},
        machine={"processor": "p", "cores": 2},
        **more,
    )


def test_the_best_on_dev_is_best_whatever_test_says():
    found = compared([record("a", dev=0.6, correct=1), record("b", dev=0.5, correct=3)])
    a, b = found.rows
    assert (a.best, b.best) == (True, False)
    assert a.difference is None
    assert b.difference is not None
    assert b.difference.value == pytest.approx(0.5)
    assert b.difference.p < 0.01
    assert found.chosen == {"data": "a"}


def test_figures_are_means_over_seeds_with_their_deviation():
    (row,) = compared([record("a", dev=0.4, correct=1), record("a", dev=0.6, correct=3, seed=2)]).rows
    assert row.dev is not None
    assert row.dev.mean == pytest.approx(0.5)
    assert row.dev.deviation == pytest.approx(0.02**0.5)
    assert row.test is not None
    assert row.test.mean == 0.5
    assert row.interval is not None
    assert row.interval.low <= 0.5 <= row.interval.high
    assert row.seeds == (1, 2)


def test_a_forecast_depends_on_the_size_of_the_dev_set_of_its_candidate():
    runs = [*curve("a", (0.5, 0.6, 0.65)), *curve("b", (0.5, 0.6, 0.65))]
    sizes = {("data", "a"): DevSize(1_000, 100), ("data", "b"): DevSize(20, 2)}
    few, many = (
        make_comparison(runs, {}, dev_sizes=sizes, machine={"processor": "p", "cores": 2}).curves[index].forecasts[0]
        for index in (1, 0)
    )
    assert few.high - few.low > many.high - many.low


def test_the_deviation_of_one_run_alone_is_unknown():
    (row,) = compared([record("a")]).rows
    assert row.dev is not None
    assert row.dev.deviation is None


def test_rows_are_compared_over_the_seeds_that_both_have():
    ours = [record("a", dev=0.9, correct=4), record("a", dev=0.9, correct=2, seed=2)]
    theirs = [record("b", correct=2, seed=2), record("b", correct=0, seed=3)]
    found = {row.candidate: row for row in compared([*ours, *theirs]).rows}
    difference = found["b"].difference
    assert difference is not None
    assert (difference.value, difference.p) == (0, 1)
    assert compared([ours[0], theirs[0]]).rows[1].difference is None


def test_candidates_that_divide_the_text_into_other_documents_are_compared():
    ours, joined = record("a", dev=0.9, correct=3), record("b", correct=1, counts=[(2, 8, 8)] * 20)
    difference = compared([ours, joined]).rows[1].difference
    assert difference is not None
    assert difference.value == pytest.approx(-0.5)


def test_candidates_that_were_tested_on_other_entities_are_listed_without_a_difference():
    ours, other = record("a", dev=0.9), record("b", counts=[(1, 2, 3)] * 40)
    rows = compared([ours, other]).rows
    assert [row.difference for row in rows] == [None, None]


def test_failed_runs_are_left_out_and_named():
    records = [record("a", dev=0.4), record("a", seed=2, error="lost"), record("b", error="lost"), record("c", dev=0.5)]
    found = {row.candidate: row for row in compared(records).rows}
    assert (found["a"].seeds, found["a"].failed_seeds, found["a"].errors) == ((1,), (2,), ("lost",))
    assert (found["b"].seeds, found["b"].dev, found["b"].difference, found["b"].best) == ((), None, None, False)
    assert found["b"].train_sentences == 1_000
    assert found["c"].best


def test_where_all_have_failed_nothing_is_best_or_chosen():
    found = compared([record("a", error="lost")])
    assert not found.rows[0].best
    assert found.chosen == {"data": None}


def test_the_front_is_what_nothing_else_beats():
    records = [record(name, dev=dev) for name, dev in (("good", 0.6), ("fast", 0.5), ("worse", 0.5), ("small", 0.4))]
    speeds = {
        ("data", "good"): speed(1_000, size=50),
        ("data", "fast"): speed(9_000, size=50),
        ("data", "worse"): speed(8_000, size=50),
        ("data", "small"): speed(500, size=1),
    }
    rows = compared([*records, record("unmeasured", dev=0.9)], speeds).rows
    assert [row.candidate for row in rows if row.on_front] == ["good", "fast", "small"]


def test_of_equals_the_faster_one_is_best_then_the_smaller_one():
    records = [record("slow"), record("fast"), record("small")]
    speeds = {("data", "slow"): speed(10), ("data", "fast"): speed(1_000), ("data", "small"): speed(1_000, size=1)}
    found = compared(records, speeds)
    assert found.chosen == {"data": "small"}
    assert all(row.on_front for row in found.rows if row.best)
    assert compared(records[:2], speeds).chosen == {"data": "fast"}


def test_a_candidate_with_fewer_finished_runs_is_not_best():
    runs = [record("a", dev=0.5, seed=seed) for seed in (1, 2)]
    lucky = [record("b", error="lost"), record("b", dev=0.6, seed=2)]
    found = compared([*runs, *lucky])
    assert (found.chosen, [row.best for row in found.rows]) == ({"data": "a"}, [True, False])


def test_equals_are_both_on_the_front():
    speeds = {("data", name): speed() for name in "ab"}
    assert all(row.on_front for row in compared([record("a"), record("b")], speeds).rows)


def test_rows_go_by_corpus_and_size_and_speeds_belong_to_the_largest():
    records = [
        record("a", corpus=corpus, sentences=size, train_sentences=size or 900)
        for size in (None, 100, 300)
        for corpus in ("y", "x")
    ]
    speeds = {(corpus, "a"): speed() for corpus in "xy"}
    rows = compared(records, speeds).rows
    assert [(row.corpus, row.sentences) for row in rows] == [
        *(("y", size) for size in (100, 300, None)),
        *(("x", size) for size in (100, 300, None)),
    ]
    assert [row.speed is not None for row in rows] == [False, False, True] * 2


def test_a_corpus_may_have_fewer_sizes():
    records = [
        record("a", corpus="x", sentences=100, train_sentences=100),
        record("a", corpus="y", sentences=300, train_sentences=300),
    ]
    rows = compared(records, {("x", "a"): speed(), ("y", "a"): speed()}).rows
    assert all(row.speed is not None for row in rows)


def test_choosing_and_scoring_on_the_same_text_is_noted():
    assert compared([record("a")]).notes == ()
    (note,) = compared([record(name, tested_on="dev", corpus=corpus) for name in "ab" for corpus in ("x", "y")]).notes
    assert note.startswith("x, y: without test text, the best candidate is chosen and scored on the same dev text")


def test_a_row_says_what_it_was_tested_on():
    rows = compared([record("a", corpus="x", tested_on="dev"), record("a", corpus="y")]).rows
    assert [row.tested_on for row in rows] == ["dev", "test"]


def test_three_sizes_are_forecast_and_two_are_not():
    found = compared([*curve("a", (0.3, 0.4, 0.5)), *curve("b", (0.3, 0.4), sizes=(100, 300))])
    a, b = found.curves
    assert [each.sentences for each in a.forecasts] == [1_500, 2_000]
    assert dict(a.runs) == {100: [0.3], 300: [0.4], 1_000: [0.5]}
    assert b.forecasts == ()
    assert compared([record("a")]).curves == ()
    (small,) = compared(curve("a", (0.3, 0.4, 0.5), sizes=(2, 5, 10))).curves
    assert [each.sentences for each in small.forecasts] == [20, 40]


def test_a_comparison_can_be_written_as_json():
    speeds = {("data", "a"): speed()}
    found = compared(
        [*curve("a", (0.3, 0.4, 0.5)), *curve("b", (0.2, 0.3, 0.4))], speeds, within=CostLimits.parse("size=60")
    )
    read = json.loads(json.dumps(found.to_json()))
    assert read["within"] == {"size": 60.0}
    assert read["rows"][-2]["speed"]["size"] == 50
    assert read["rows"][-1]["difference"]["value"] == 0
    assert read["curves"][0]["forecasts"][0]["sentences"] == 1_500


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("latency=20ms,size=50MB", {"latency": 20, "size": 50}),
        ("latency = 0.02 s , memory=1.5GB", {"latency": 20, "memory": 1_500}),
        ("size=50", {"size": 50}),
        ("size=50, ", {"size": 50}),
    ],
)
def test_bounds_are_read_as_people_write_them(text, bounds):
    assert CostLimits.parse(text).bounds == pytest.approx(bounds)


@pytest.mark.parametrize(
    "text",
    ["", "latency", "latency=", "speed=3", "latency=20MB", "size=20ms", "size=many", "size=-1", "size=nan", "size=inf",
     "size=0", "latency=20ms;size=3", "size=50Mb"],
)  # fmt: skip
def test_bounds_that_make_no_sense_are_refused(text):
    with pytest.raises(ConfigError, match="expected bounds of latency, memory or size, as in latency=20ms,size=50MB"):
        CostLimits.parse(text)


@pytest.mark.parametrize("bounds", [{"speed": 3.0}, {"size": 0.0}, {"latency": math.inf}])
def test_bounds_from_python_that_make_no_sense_are_refused(bounds):
    with pytest.raises(ConfigError, match="expected a positive bound of latency, memory or size"):
        CostLimits(bounds)


def test_the_best_within_the_bounds_is_chosen():
    records = [record("large", dev=0.7), record("middle", dev=0.6), record("tiny", dev=0.5), record("new", dev=0.9)]
    speeds = {
        ("data", "large"): speed(size=100),
        ("data", "middle"): speed(size=50, latency=10),
        ("data", "tiny"): speed(size=5, latency=1),
    }

    def chosen(text: str) -> str | None:
        return compared(records, speeds, within=CostLimits.parse(text)).chosen["data"]

    assert chosen("size=100") == "large"
    assert chosen("size=50MB,latency=10ms") == "middle"
    assert chosen("size=50MB,latency=9ms") == "tiny"
    assert chosen("size=1MB") is None


def test_bounds_that_are_exceeded_are_named():
    within = CostLimits.parse("latency=4ms,memory=300MB,size=49.5MB")
    assert within.exceeded(speed()) == ["latency 5 ms", "size 50 MB"]
    assert within.exceeded(speed(latency=4.0012, memory=1_234.5)) == [
        "latency 4.0012 ms",
        "memory 1,234.5 MB",
        "size 50 MB",
    ]
    assert str(within) == "latency 4 ms, memory 300 MB, size 49.5 MB"


def test_memory_that_the_system_does_not_report_is_within_no_bound():
    assert CostLimits.parse("memory=300MB").exceeded(speed(memory=0)) == ["unknown memory"]
    assert CostLimits.parse("size=50MB").holds(speed(memory=0))
