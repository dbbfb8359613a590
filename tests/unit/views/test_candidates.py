"""A comparison in tables, sentences and as a page."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from onoma.experiments import Comparison, CostLimits, DevSize, make_comparison
from onoma.views import candidate_tables, choices, failures, forecasts, machine
from onoma.views.candidates import tables_of
from onoma.views.comparison_page import comparison_page
from support.records import curve, record, speed

EVIL = "<script>alert(1)</script>"


def compared(*records, speeds=None, within: str | None = None) -> Comparison:
    return make_comparison(
        records,
        speeds or {},
        dev_sizes={(each.corpus, each.candidate): DevSize(1_000, 100) for each in records},
        machine={"processor": "Processor X", "cores": 2},
        within=None if within is None else CostLimits.parse(within),
    )


def drawn(comparison: Comparison) -> str:
    console = Console(width=200)
    with console.capture() as captured:
        for table in candidate_tables(comparison):
            console.print(table)
    return captured.get()


@pytest.fixture
def several() -> Comparison:
    """Two candidates of three sizes, one of which is faster and worse, and one that has failed."""
    records = [*curve("good", (0.4, 0.5, 0.6)), *curve("fast", (0.3, 0.4, 0.5))]
    failed = [record("new", sentences=size, train_sentences=size, error="no such encoder") for size in (100, 1_000)]
    speeds = {
        ("data", "good"): speed(1_000, size=90, latency=25),
        ("data", "fast"): speed(9_000, latency=2.25, memory=0),
    }
    return compared(*records, *failed, speeds=speeds, within="latency=20ms")


def test_there_is_a_table_for_each_size_and_one_of_costs(several):
    shown = drawn(several)
    titles = re.findall("data, .*each", shown)
    assert titles == [f"data, {size} sentences, 1 run each" for size in ("100", "300", "1,000")]
    assert shown.count("words/s") == 1


def test_a_row_has_its_figures(several):
    lines = [line.split() for line in drawn(several).splitlines() if line.strip().startswith(("good", "fast", "new"))]
    assert ["good", "best", "60.0", "50.0", "(50.0–50.0)", "–", "–", "10"] in lines
    assert ["fast", "Pareto", "50.0", "50.0", "(50.0–50.0)", "+0.0", "1.000", "10"] in lines
    assert ["new", "failed", *["–"] * 5] in lines
    assert ["good", "1,000", "25.00", "300", "90.0"] in lines
    assert ["fast", "9,000", "2.25", "–", "50.0"] in lines, "memory that was not measured is not 0"


def test_several_runs_deviate_and_failed_ones_are_counted():
    shown = drawn(compared(record("a", dev=0.4), record("a", dev=0.6, seed=2), record("a", seed=3, error="lost")))
    assert re.search(r"a +best, 1 failed +50\.0 ± 14\.1 ", shown)


def test_small_sizes_have_two_digits():
    assert re.search(r" 0\.0065$", drawn(compared(record("a"), speeds={("data", "a"): speed(size=0.0065)})).rstrip())


def test_no_p_value_is_shown_as_nothing():
    assert "<0.001" in drawn(compared(record("a", dev=0.9, correct=4), record("b", correct=1)))


def test_a_corpus_without_test_text_says_that_it_was_tested_on_dev():
    assert drawn(compared(record("a", tested_on="dev"))).count(" dev ") == 2


def test_what_is_within_bounds_is_named(several):
    assert list(choices(several)) == ["data: within latency 20 ms: fast"]
    assert list(choices(compared(record("a")))) == ["data: best on dev: a"]
    assert list(choices(compared(record("a", error="lost")))) == ["data: every run has failed"]


def test_where_nothing_is_within_bounds_each_says_why():
    speeds = {("data", "a"): speed(latency=25, size=90)}
    found = compared(record("a"), record("b"), record("c", error="x"), speeds=speeds, within="latency=20ms,size=50MB")
    (line,) = choices(found)
    assert line == (
        "data: no candidate is within latency 20 ms, size 50 MB: a has latency 25 ms and size 90 MB; "
        "b was not measured; c has failed"
    )


def test_a_reason_is_told_once(several):
    assert list(failures(several)) == ["data, new: failed with 100 and 1,000 sentences: no such encoder"]


def test_forecasts_say_what_more_sentences_bring(several):
    good, fast = forecasts(several)
    pattern = (
        r"data, good: F1 on dev 60\.0 with 1,000 sentences; forecast for 500 more sentences: F1 6\d\.\d \(\d\d\.\d – "
        r"\d\d\.\d\), 1,000 more sentences: F1 6\d\.\d \(.*\)"
    )
    assert re.fullmatch(pattern, good)
    assert fast.startswith("data, fast: F1 on dev 50.0")


def test_a_curve_that_cannot_be_forecast_says_why():
    found = compared(
        *curve("worse", (0.6, 0.5, 0.4)),
        *curve("nothing", (0.0, 0.0, 0.3)),
        *curve("two", (0.4, 0.5), sizes=(100, 300)),
    )
    expected = [
        "data, worse: F1 on dev 40.0 with 1,000 sentences; no forecast: F1 at these sizes does not follow a power law",
        (
            "data, nothing: F1 on dev 30.0 with 1,000 sentences; no forecast: a forecast needs runs of at least 3 "
            "sizes with an F1 above 1 %, not 1"
        ),
    ]
    assert list(forecasts(found)) == expected
    assert expected[0] in "".join(comparison_page(found, title="Comparison"))
    printed = found.to_json()["curves"]
    assert isinstance(printed, list)
    assert [(each["forecasts"], each["no_forecast"]) for each in printed[:1]] == [
        ((), "F1 at these sizes does not follow a power law")
    ]


def test_a_table_of_candidates_with_different_texts_names_the_size_of_each():
    (shown,) = tables_of(compared(record("a", train_sentences=200), record("b")))
    assert shown.title == "data, all sentences of each candidate, 1 run each"
    assert [row[0] for row in shown.cells] == ["a (200 sentences)", "b (1,000 sentences)"]


def test_the_machine_is_named(several):
    assert machine(several) == "measured on Processor X: training on 1 of 2 cores, tagging on all"
    alone = make_comparison(
        [record("a")], {}, dev_sizes={("data", "a"): DevSize(1_000, 100)}, machine={"processor": "X", "cores": 1}
    )
    assert machine(alone) == "measured on X: training on 1 of 1 core, tagging on all"


class Page(HTMLParser):
    """The names of a page's elements; each that is opened is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.names.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_whole_and_loads_nothing(several):
    html = "".join(comparison_page(several, title="Comparison"))
    names = Page(html).names
    assert (names.count("table"), names.count("svg")) == (3, 2)
    assert not {"script", "img", "link", "iframe"} & set(names)
    assert "default-src 'none'" in html
    for piece in (
        "within latency 20 ms: fast",
        "failed with 100 and 1,000 sentences",
        "words/s",
        "Processor X",
        "forecast",
    ):
        assert piece in html


def test_pictures_are_svg_and_have_what_is_drawn(several):
    html = "".join(comparison_page(several, title="Comparison"))
    scatter, curves = (ET.fromstring(svg) for svg in re.findall("<svg .*?</svg>", html, re.DOTALL))
    named = ["".join(text.itertext()) for text in scatter.iter("{http://www.w3.org/2000/svg}text")]
    assert {"good", "fast", "words per second", "F1 on dev in %"} <= set(named)
    assert "new" not in named
    dashed = [path for path in curves.iter() if "stroke-dasharray" in path.get("style", "")]
    assert len(dashed) == 2
    for path in dashed:
        points = re.findall(r"[ML] ([\d.]+)", path.get("d", ""))
        assert len(points) >= 20, "the curve is drawn from the smallest size, not only from the largest"


def test_names_on_a_page_are_text():
    records = [*curve(EVIL, (0.4, 0.5, 0.6)), record("b", sentences=100, train_sentences=100, error=EVIL)]
    html = "".join(comparison_page(compared(*records, speeds={("data", EVIL): speed()}), title=EVIL))
    Page(html)
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_a_page_without_costs_and_curves_has_no_pictures():
    html = "".join(comparison_page(compared(record("a")), title="small"))
    assert Page(html).names.count("svg") == 0
    assert "F1 against speed" not in html
