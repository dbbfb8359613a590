"""Reading of annotated files as cases, with findings for what could not be read or was changed by the reader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from onoma.corpora import CorpusReader, Location, Occurrences, ReadOptions, ReadReport, read
from onoma.corpora.tag_names import tag_names_beside
from onoma.counting import counted
from onoma.doctor.finding import Finding, LocatedDocument, Severity
from onoma.doctor.record_skipping import skip_record
from onoma.errors import CorpusError

_MAX_LOCATIONS = 10_000
"""Maximum number of places listed for one kind of problem; further places are only counted."""

_MAX_UNREADABLE_LINES = 20
"""Maximum number of unreadable lines skipped in a file.

The file is read again after each skipped line. A file with more of them probably has another format.
"""


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file that was read, with its cases and the findings that reading it has produced."""

    reading: CorpusReader
    cases: list[LocatedDocument]
    findings: list[Finding]


def read_cases(path: Path, *, part: str = "", format: str | None = None, options: ReadOptions) -> CheckedFile:
    """Read a file as cases, and report each line that cannot be read as a finding.

    The record or sentence of an unreadable line is skipped. After 20 such lines, and in formats and encodings in which
    lines cannot be skipped, only the cases before the unreadable line are returned.

    Args:
        path: path of the file.
        part: `train`, `dev` or `test`; empty if the file is of no particular part.
        format: name of the file's format; detected automatically if None.
        options: options of the reader.

    Raises:
        CorpusError: the file as a whole cannot be read.
        ConfigError: the format, scheme or encoding does not exist.
    """
    options = replace(options, places=_MAX_LOCATIONS)
    reading = rest = read(path, format=format, options=options)
    findings: list[Finding] = []
    with TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        cases, error = _collect_cases(reading, file=path, part=part)
        while error is not None and error.line is not None:
            was_skipped = len(findings) < _MAX_UNREADABLE_LINES and skip_record(
                rest.path, error.line, copy, format=reading.format, encoding=options.encoding
            )
            findings.append(_make_unreadable_finding(error, path, was_skipped=was_skipped))
            if not was_skipped:
                break
            with suppress(CorpusError):  # the copy has no metadata beside it
                options = replace(options, tag_names=options.tag_names or tag_names_beside(path))
            rest = read(copy, format=reading.format, options=options)
            cases, error = _collect_cases(rest, file=path, part=part)
        if error is not None and not findings:
            raise error
        if error is not None and error.line is None and cases:
            findings.append(_make_implausible_finding(error, path))
        report = rest.report if cases else None
    if report is not None:
        converter = _ProblemConverter(path, copy)
        findings += converter.found(
            "scheme", "error", {"": report.repairs}, _explain_scheme_violation(str(report.scheme)), fixable=True
        )
        findings += converter.found("unusable", "error", report.unusable, _UNUSABLE_EXPLANATION)
        findings += converter.found("unusable", "note", report.left_out, _LEFT_OUT_EXPLANATION)
        findings += converter.found("adjusted", "note", report.adjusted, _ADJUSTED_EXPLANATION)
        if not report.entities:
            findings.append(_make_unlabelled_finding(report, path))
    return CheckedFile(reading, cases, findings)


def _collect_cases(reading: CorpusReader, *, file: Path, part: str) -> tuple[list[LocatedDocument], CorpusError | None]:
    """Return the documents as cases; if an error occurs, those before it together with the error."""
    cases: list[LocatedDocument] = []
    try:
        for number, (document, lines) in enumerate(reading.placed(), start=1):
            cases.append(LocatedDocument(document=document, file=file, number=number, lines=lines, part=part))
    except CorpusError as error:
        return cases, error
    return cases, None


def _make_unreadable_finding(error: CorpusError, path: Path, *, was_skipped: bool) -> Finding:
    why = "its record or sentence could not be checked" if was_skipped else "nothing after this line could be checked"
    return Finding(
        check="unreadable",
        severity="error",
        file=Path(error.path) if path.is_dir() and error.path is not None else path,
        line=error.line,
        what=error.message,
        why=why,
        fix="fix the line and check again",
    )


def _make_implausible_finding(error: CorpusError, path: Path) -> Finding:
    return Finding(
        check="unreadable",
        severity="error",
        file=path,
        what=error.message,
        why="the rest of the file was read, but probably not as it is meant",
        fix="read it with other options",
    )


def _make_unlabelled_finding(report: ReadReport, path: Path) -> Finding:
    unread = f"; these were not read: {report.unread_names}" if report.unread else ""
    return Finding(
        check="label",
        severity="warning",
        file=path,
        what=f"no entities in {counted(report.documents, 'document')}{unread}",
        why="there is nothing to learn from it, and nothing to score",
        fix="annotate it, or write the annotation in a form that is read; see docs/formats.md",
    )


@dataclass(frozen=True, slots=True)
class _Explanation:
    why: str
    fix: str


_UNUSABLE_EXPLANATION = _Explanation("the annotation cannot be used, so it is left out", "fix or remove it")
_LEFT_OUT_EXPLANATION = _Explanation("it is not an entity, so it is left out", "nothing, if that is what you meant")
_ADJUSTED_EXPLANATION = _Explanation("the file is not read literally", "nothing, if that is what you meant")


def _explain_scheme_violation(scheme: str) -> _Explanation:
    return _Explanation(
        f"scheme {scheme} does not allow this transition; the reader begins a new entity there",
        "set the right tag; --fix writes the tags as they are read",
    )


@dataclass(frozen=True, slots=True)
class _ProblemConverter:
    """Conversion of the problems that a reader has counted to findings.

    Attributes:
        path: path of the file.
        copy: path of the copy without unreadable lines; its places are reported as places of ``path``.
    """

    path: Path
    copy: Path

    def found(
        self,
        check: str,
        severity: Severity,
        problems: Mapping[str, Occurrences],
        explanation: _Explanation,
        *,
        fixable: bool = False,
    ) -> Iterator[Finding]:
        for reason, occurrences in problems.items():
            for location in occurrences.places:
                file, line = self._resolve_location(location)
                yield Finding(
                    check=check,
                    severity=severity,
                    file=file,
                    line=line,
                    what=": ".join(filter(None, (reason, location.what))),
                    why=explanation.why,
                    fix=explanation.fix,
                    fixable=fixable,
                )
            if occurrences.count > len(occurrences.places):
                yield Finding(
                    check=check,
                    severity=severity,
                    file=self.path,
                    what=f"{reason or 'more of the same'}: {occurrences.count - len(occurrences.places):,} more",
                    why=explanation.why,
                    fix=explanation.fix,
                    fixable=fixable,
                )

    def _resolve_location(self, location: Location) -> tuple[Path, int | None]:
        file, _, line = location.where.rpartition(":")
        if not file or not line.isdecimal() or Path(file) == self.copy:
            return self.path, int(line) if line.isdecimal() else None
        return Path(file), int(line)
