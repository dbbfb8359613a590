"""Self-contained HTML page of a report and of the documents that it was computed from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path

from onoma.io.files import replacing
from onoma.metrics import Aligned, Report, Scored, threshold_curve
from onoma.text.markup import escaped
from onoma.views.evaluation_page import figures
from onoma.views.evaluation_page.browser import MOST_SENTENCES, error_section
from onoma.views.evaluation_page.sentences import sentences_with_errors
from onoma.views.figures_page import report_head
from onoma.views.plots import require_matplotlib

_SECTION_TITLES = {
    "conventions": "Scoring conventions",
    "labels": "Labels",
    "comparison": "Comparison",
    "runs": "Runs",
    "errors": "Errors",
    "groups": "Groups",
    "scores": "Reliability",
    "sentences": "Sentences with errors",
}


def write_evaluation_page(path: Path, report: Report, pairs: Sequence[Aligned], *, title: str) -> None:
    """Write :func:`evaluation_page` to a file, which appears only when it is complete.

    Raises:
        MissingExtraError: matplotlib is not installed.
        CorpusError: the file cannot be written.
    """
    require_matplotlib()
    with replacing(path, parents=True) as file:
        file.writelines(evaluation_page(report, pairs, title=title))


def evaluation_page(
    report: Report, pairs: Sequence[Aligned], *, title: str, most: int = MOST_SENTENCES
) -> Iterator[str]:
    """Yield a page with all scores as tables and plots, and with the sentences that have errors, in chunks.

    Args:
        report: result of :func:`~onoma.metrics.detailed_report`; sections for missing parts of it are left out.
        pairs: the documents that the report was computed from.
        title: title of the page.
        most: maximum number of sentences with errors on the page; the others are only counted.
    """
    sections = {
        "conventions": figures.conventions(report),
        "labels": figures.labels(report),
        "comparison": report.against and figures.comparison(report, report.against),
        "runs": figures.runs([report, *report.runs]) if report.runs else "",
        "errors": report.errors and figures.errors(report.errors),
        "groups": report.errors and figures.groups(report.errors),
        "scores": report.reliability and figures.scores(report.reliability, threshold_curve(Scored.of(pairs))),
    }
    non_empty_sections = {name: html for name, html in sections.items() if html}
    yield report_head(title, style=_read_resource("page.css"), script=_read_script())
    yield f'<h1 dir="auto">{escaped(title)}</h1>\n{figures.headline(report)}'
    links = "".join(f'<a href="#{name}">{_SECTION_TITLES[name]}</a>\n' for name in (*non_empty_sections, "sentences"))
    yield f"<nav>\n{links}</nav>\n"
    yield from non_empty_sections.values()
    yield from error_section(sentences_with_errors(pairs), most=most)
    yield f"<script>{_read_script()}</script>\n</body>\n</html>\n"


def _read_script() -> str:
    return _read_resource("page.js")


def _read_resource(name: str) -> str:
    return files("onoma.views.evaluation_page").joinpath(name).read_text(encoding="utf-8")
