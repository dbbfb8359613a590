"""Tables for the terminal: that nothing in them is read as markup, cut, or sent to the terminal as an order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console
from rich.table import Table

from onoma.metrics import Report, Sample, align, compare, detailed_report, score
from onoma.text import Document
from onoma.views import comparison_table, errors_tables, reliability_table, report_table, thresholds_table
from support.annotating import annotated

HOSTILE = ["[b]", "[/x]", ":smile:", "\x1b[31m"]
SHOWN = ["[b]", "[/x]", ":smile:", "␛[31m"]


def printed(*tables: Table, width: int = 100) -> str:
    file = StringIO()
    console = Console(file=file, width=width)
    for table in tables:
        console.print(table)
    return file.getvalue()


def judged(*labels: str) -> Report:
    """Ada with each label, every time predicted with the first one."""
    gold = [replace(annotated("Ada left", ("Ada", label)), meta={"domain": label}) for label in labels]
    predicted = [annotated("Ada left", ("Ada", labels[0]), score=0.5) for _ in labels]
    return detailed_report(list(align(gold, predicted)))


def everything() -> Iterator[tuple[str, Table]]:
    report = judged(*HOSTILE)
    assert report.errors is not None
    assert report.reliability is not None
    kinds, confusion, *groups = errors_tables(report.errors)
    yield "figures", report_table(report)
    yield "examples", kinds
    yield "confusion", confusion
    yield "domains", groups[-1]
    yield "thresholds", thresholds_table(dict.fromkeys(HOSTILE), title="")


def test_labels_are_shown_as_they_are() -> None:
    for name, table in everything():
        text = printed(table)
        assert "\x1b" not in text
        assert (name, [label for label in SHOWN if label not in text]) == (name, [])


def test_titles_are_shown_as_they_are() -> None:
    title = " ".join(HOSTILE)
    report = judged("PER")
    assert report.reliability is not None
    sample = Sample.of(list(align([Document("x")], [Document("x")])))
    for table in (
        report_table(report, title=title),
        reliability_table(report.reliability, title=title),
        comparison_table(compare(sample, sample), title=title),
        thresholds_table({}, title=title),
    ):
        assert " ".join(SHOWN) in printed(table)


@pytest.mark.parametrize("label", ["L" * 70, "漢" * 40])
def test_a_long_label_is_folded_and_numbers_stay_whole(label: str) -> None:
    text = printed(report_table(judged(label, "PER")), width=60)
    assert "…" not in text
    first, second = text.count(label[0]), text.split().count("100.00")
    assert (first, second >= 3) == (len(label), True)
    assert max(map(len, text.splitlines())) <= 60


def test_many_labels_fit_a_terminal_and_the_rest_is_counted() -> None:
    report = judged(*(f"label-{number:02}" for number in range(30)))
    assert report.errors is not None
    _, confusion, *_ = errors_tables(report.errors)
    text = printed(confusion, width=80)
    assert "22 rarer labels are not shown" in text
    assert "".join(text.split()).count("label") >= 8
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= 80


def test_an_empty_report_has_tables() -> None:
    report = detailed_report(list(align([Document("x")], [Document("x")])))
    assert report.errors is not None
    text = printed(report_table(report), *errors_tables(report.errors))
    assert "exact (micro)" in text
    assert "nothing" in text
    assert "exact (micro)" in printed(report_table(score([], [])))
