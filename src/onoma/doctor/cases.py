"""Files to cases, and what the reading of them has found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from onoma.corpora import Location, Occurrences, Reading, ReadOptions, read
from onoma.doctor.finding import Case, Finding, Severity
from onoma.doctor.leaving_out import leave_out
from onoma.errors import CorpusError

_ALL = 10_000
"""Places of one kind that are named; what is more is counted."""

_MOST_UNREADABLE = 20
"""Lines that are left out of a file; for each the file is read again, and one with more is hardly what it seems."""


@dataclass(frozen=True, slots=True)
class Examined:
    """A file that was read: the reading, its cases, and what reading it has found."""

    reading: Reading
    cases: list[Case]
    findings: list[Finding]


def examine(path: Path, *, part: str = "", format: str | None = None, options: ReadOptions) -> Examined:
    """Read a file; a line of it that cannot be read is a finding, and the cases are all others.

    After many such lines, and in formats whose lines depend on each other, the cases are those before it.

    Raises:
        CorpusError: it cannot be read as a whole.
        ConfigError: there is no such format, scheme or encoding.
    """
    options = replace(options, places=_ALL)
    reading = rest = read(path, format=format, options=options)
    findings: list[Finding] = []
    with TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        cases, error = _cases(reading, file=path, part=part)
        while error is not None and error.line is not None:
            goes_on = len(findings) < _MOST_UNREADABLE and leave_out(
                rest.path, error.line, copy, format=reading.format, encoding=options.encoding
            )
            findings.append(_unreadable(error, path, goes_on=goes_on))
            if not goes_on:
                break
            rest = read(copy, format=reading.format, options=options)
            cases, error = _cases(rest, file=path, part=part)
        if error is not None and not findings:
            raise error
        report = rest.report if cases else None
    if report is not None:
        places = _Places(path, copy)
        findings += places.found("scheme", "error", {"": report.repairs}, _broken(str(report.scheme)), fixable=True)
        findings += places.found("unusable", "error", report.unusable, _LEFT_OUT)
        findings += places.found("adjusted", "note", report.adjusted, _READ_OTHERWISE)
    return Examined(reading, cases, findings)


def _cases(reading: Reading, *, file: Path, part: str) -> tuple[list[Case], CorpusError | None]:
    """The documents, or those before an error."""
    cases: list[Case] = []
    try:
        for number, (document, lines) in enumerate(reading.placed(), start=1):
            cases.append(Case(document=document, file=file, number=number, lines=lines, part=part))
    except CorpusError as error:
        return cases, error
    return cases, None


def _unreadable(error: CorpusError, path: Path, *, goes_on: bool) -> Finding:
    why = "its record or sentence could not be checked" if goes_on else "nothing behind this line could be checked"
    return Finding(
        check="unreadable",
        severity="error",
        file=path,
        line=error.line,
        what=error.message,
        why=why,
        fix="fix the line and check again",
    )


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


@dataclass(frozen=True, slots=True)
class _Places:
    """What reading a file has found, as findings.

    Attributes:
        path: the file.
        copy: what was read in its place.
    """

    path: Path
    copy: Path

    def found(
        self, check: str, severity: Severity, found: Mapping[str, Occurrences], words: _Words, *, fixable: bool = False
    ) -> Iterator[Finding]:
        for reason, counted in found.items():
            for place in counted.places:
                file, line = self._parted(place)
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
                    file=self.path,
                    what=f"{reason or 'more of the same'}: {counted.count - len(counted.places):,} more",
                    why=words.why,
                    fix=words.fix,
                    fixable=fixable,
                )

    def _parted(self, place: Location) -> tuple[Path, int | None]:
        file, _, line = place.where.rpartition(":")
        if not file or not line.isdecimal() or Path(file) == self.copy:
            return self.path, int(line) if line.isdecimal() else None
        return Path(file), int(line)
