"""A report and the documents behind it -> one HTML page that needs nothing beside itself."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from onoma.io.files import replacing
from onoma.metrics import Aligned, Comparison, Report, Scored, threshold_curve
from onoma.views import escaped
from onoma.views.report import figures
from onoma.views.report.browser import MOST_SENTENCES, error_browser
from onoma.views.report.plots import need_plots
from onoma.views.report.sentences import wrong_sentences

_PARTS = {
    "conventions": "Ways to count",
    "labels": "Labels",
    "comparison": "Comparison",
    "runs": "Runs",
    "errors": "Errors",
    "groups": "Which are found",
    "scores": "Scores",
    "sentences": "Wrong sentences",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """What a system was tested against: its name, its report, and the tests."""

    name: str
    report: Report
    comparison: Comparison


def write_report(
    path: Path,
    *,
    report: Report,
    pairs: Sequence[Aligned],
    title: str,
    rival: Rival | None = None,
    runs: Sequence[Report] = (),
) -> None:
    """Write :func:`report_page` to a file, which takes its place only when it is whole.

    Raises:
        MissingExtraError: matplotlib is not installed.
        CorpusError: the file cannot be written.
    """
    need_plots()
    with replacing(path) as file:
        file.writelines(report_page(report, pairs, title=title, rival=rival, runs=runs))


def report_page(
    report: Report,
    pairs: Sequence[Aligned],
    *,
    title: str,
    rival: Rival | None = None,
    runs: Sequence[Report] = (),
    most: int = MOST_SENTENCES,
) -> Iterator[str]:
    """A page of all figures as tables and pictures, and of the sentences that are wrong, in chunks.

    Args:
        report: from :func:`~onoma.metrics.judge`; a part that it lacks is left out.
        pairs: the documents that it was made of.
        title: what was judged.
        rival: what it was tested against.
        runs: reports of further runs of the same set-up.
        most: how many wrong sentences the page holds; the rest is counted.
    """
    sections = {
        "conventions": figures.conventions(report),
        "labels": figures.labels(report),
        "comparison": rival and figures.comparison(report, rival.report, rival.comparison, name=rival.name),
        "runs": figures.runs([report, *runs]) if runs else "",
        "errors": report.errors and figures.errors(report.errors),
        "groups": report.errors and figures.groups(report.errors),
        "scores": report.reliability and figures.scores(report.reliability, threshold_curve(Scored.of(pairs))),
    }
    held = {name: part for name, part in sections.items() if part}
    yield _head(title)
    yield f'<h1 dir="auto">{escaped(title)}</h1>\n{figures.headline(report)}'
    links = "".join(f'<a href="#{name}">{_PARTS[name]}</a>\n' for name in (*held, "sentences"))
    yield f"<nav>\n{links}</nav>\n"
    yield from held.values()
    yield from error_browser(wrong_sentences(pairs), most=most)
    yield f"<script>{_script()}</script>\n</body>\n</html>\n"


def _head(title: str) -> str:
    digest = base64.b64encode(hashlib.sha256(_script().encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escaped(title)}</title>\n<style>{_file('page.css')}</style>\n</head>\n<body>\n"
    )


def _script() -> str:
    return _file("page.js")


def _file(name: str) -> str:
    return files("onoma.views.report").joinpath(name).read_text(encoding="utf-8")
