"""Files to cases, and what the reading of them has found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from onoma.corpora import Location, Occurrences, Reading, ReadOptions, read
from onoma.doctor.finding import Case, Finding, Severity
from onoma.errors import CorpusError

_ALL = 10_000
"""Places of one kind that are named; what is more is counted."""


@dataclass(frozen=True, slots=True)
class Examined:
    """A file that was read: the reading, its cases, and what reading it has found."""

    reading: Reading
    cases: list[Case]
    findings: list[Finding]


def examine(path: Path, *, part: str = "", format: str | None = None, options: ReadOptions) -> Examined:
    """Read a file; where a line of it cannot be read that is a finding, and the cases are those before it.

    Raises:
        CorpusError: it cannot be read as a whole.
        ConfigError: there is no such format, scheme or encoding.
    """
    reading = read(path, format=format, options=replace(options, places=_ALL))
    cases: list[Case] = []
    findings: list[Finding] = []
    try:
        for number, (document, lines) in enumerate(reading.placed(), start=1):
            cases.append(Case(document=document, file=path, number=number, lines=lines, part=part))
    except CorpusError as error:
        if error.line is None:
            raise
        findings.append(
            Finding(
                check="unreadable",
                severity="error",
                file=Path(error.path or path),
                line=error.line,
                what=error.message,
                why="nothing behind this line could be checked",
                fix="fix the line and check again",
            )
        )
    report = reading.report if cases else None
    if report is not None:
        findings += _of_places("scheme", "error", path, {"": report.repairs}, _broken(str(report.scheme)), fixable=True)
        findings += _of_places("unusable", "error", path, report.unusable, _LEFT_OUT)
        findings += _of_places("adjusted", "note", path, report.adjusted, _READ_OTHERWISE)
    return Examined(reading, cases, findings)


@dataclass(frozen=True, slots=True)
class _Words:
    why: str
    fix: str


_LEFT_OUT = _Words("the annotation cannot be used, so it is left out", "fix or remove it")
_READ_OTHERWISE = _Words("the file is not read literally", "nothing, if that is what you meant")


def _broken(scheme: str) -> _Words:
    return _Words(
        f"scheme {scheme} does not allow this step; the reader begins a new entity there",
        "set the right tag; --fix writes the tags as they are read",
    )


def _of_places(
    check: str,
    severity: Severity,
    path: Path,
    found: Mapping[str, Occurrences],
    words: _Words,
    *,
    fixable: bool = False,
) -> Iterator[Finding]:
    for reason, counted in found.items():
        for place in counted.places:
            file, line = _parted(place, path)
            yield Finding(
                check=check,
                severity=severity,
                file=file,
                line=line,
                what=": ".join(filter(None, (reason, place.what))),
                why=words.why,
                fix=words.fix,
                fixable=fixable,
            )
        if counted.count > len(counted.places):
            yield Finding(
                check=check,
                severity=severity,
                file=path,
                what=f"{reason or 'more of the same'}: {counted.count - len(counted.places):,} more",
                why=words.why,
                fix=words.fix,
                fixable=fixable,
            )


def _parted(place: Location, path: Path) -> tuple[Path, int | None]:
    file, _, line = place.where.rpartition(":")
    return (Path(file), int(line)) if file and line.isdecimal() else (path, None)
