"""The rows of a report's table, and the table that a notebook shows."""

from __future__ import annotations

from dataclasses import replace

from onoma.metrics import Counts, Report, Sample, align, bootstrap, figure_rows, percent_range, score
from onoma.text import Document
from support.annotating import annotated

GOLD = annotated("Ada met Eve in Lyon", ("Ada", "PER"), ("Eve", "PER"), ("Lyon", "<b>"))
PREDICTED = annotated("Ada met Eve in Lyon", ("Ada", "PER"), ("Lyon", "<b>"))


def report() -> Report:
    return score([GOLD], [PREDICTED])


def test_labels_come_first_and_then_every_way_to_count() -> None:
    rows = list(figure_rows(report()))
    assert [row.name for row in rows] == [
        "<b>",
        "PER",
        "exact (micro)",
        "exact (macro)",
        "exact (weighted)",
        "surface forms",
        "SemEval partial",
        "SemEval exact",
        "SemEval type",
    ]
    assert [row.name for row in rows if row.section] == [row.name for row in rows if row.emphasis] == ["exact (micro)"]
    cells = {row.name: row.cells() for row in rows}
    assert cells["PER"] == ("100.00", "50.00", "66.67", "2", "")
    assert cells["exact (micro)"] == ("100.00", "66.67", "80.00", "3", "")
    assert cells["exact (macro)"] == ("100.00", "75.00", "83.33", "", "")


def test_words_and_the_strict_reading_have_rows_where_there_are_figures() -> None:
    whole = replace(report(), words=Counts(correct=1, predicted=2, gold=4), strict_reading=Counts(gold=3))
    rows = {row.name: row.cells()[:4] for row in figure_rows(whole)}
    assert rows["words"] == ("50.00", "25.00", "33.33", "4")
    assert rows["exact, invalid tags excluded"] == ("0.00", "0.00", "0.00", "3")


def test_intervals_belong_to_labels_and_exact_figures() -> None:
    intervals = bootstrap(Sample.of(list(align([GOLD] * 3, [PREDICTED, GOLD, GOLD]))))
    rows = {row.name: row for row in figure_rows(replace(report(), intervals=intervals))}
    assert rows["PER"].interval == intervals.labels["PER"].f1
    assert rows["exact (micro)"].cells()[4] == percent_range(intervals.exact.f1)
    assert rows["exact (macro)"].interval is None


def test_a_notebook_shows_the_rows() -> None:
    html = report()._repr_html_()
    assert '<th scope="row">&lt;b&gt;</th><td>100.00</td><td>100.00</td><td>100.00</td><td>1</td></tr>' in html
    assert '<tr style="font-weight: bold"><th scope="row">exact (micro)</th>' in html
    assert html.count("<tbody>") == html.count("</tbody>") == 2
    assert "interval" not in html
    pairs = list(align([GOLD], [PREDICTED]))
    assert "F1, 95% interval" in replace(report(), intervals=bootstrap(Sample.of(pairs)))._repr_html_()


def test_an_empty_report_has_a_table() -> None:
    empty = score([Document("x")], [Document("x")])
    assert [row.cells()[:3] for row in figure_rows(empty)] == [("0.00", "0.00", "0.00")] * 7
    assert "exact (micro)" in empty._repr_html_()
