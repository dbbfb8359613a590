"""Findings of checks: what was found, where, why it is wrong, how to fix it, and how certain it is an error."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from onoma.doctor.surface_forms import words_of
from onoma.text import Document, Span, Word, shorten

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""Severities, most severe first: lost or contradictory annotation, probable errors, and facts worth knowing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocatedDocument:
    """A document and its place in a file.

    Attributes:
        document: the document, as it was read.
        file: path of the file or folder that contains it.
        number: number of the document in the file, counted from 1.
        lines: line number of each word, or a single one for the whole document; empty if unknown.
        part: `train`, `dev` or `test`; empty if the caller named none.
    """

    document: Document
    file: Path
    number: int
    lines: tuple[int, ...] = ()
    part: str = ""

    @property
    def words(self) -> tuple[Word, ...]:
        """Words of the document, or those that its text is segmented into if it has none."""
        return words_of(self.document)

    def line(self, start: int) -> int | None:
        """Return the line number of the first word that ends after a character offset; None if unknown."""
        words = self.document.words
        if words is None or len(words) != len(self.lines):
            return self.lines[0] if self.lines else None
        position = bisect_right(words, start, key=lambda word: word.end)
        return self.lines[min(position, len(words) - 1)] if words else None

    def where(self, start: int = 0) -> str:
        """Return ``path:line``, or ``path, document 3`` if the line is not known."""
        line = self.line(start)
        return f"{self.file}:{line}" if line is not None else f"{self.file}, document {self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A problem that a check has found.

    Attributes:
        check: name of the check.
        severity: severity of the problem.
        file, line: path of the file, and line number counted from 1; the line is None if it is not known or if the
            finding is about the whole file.
        document: number of the document in its file, counted from 1; None if the finding is about no document.
        id: ID of the document.
        start, end: character offsets in the document's text; None if the finding is about no span.
        what: what was found, usually the text at that place.
        why: why it is wrong or may be wrong.
        fix: what to do about it.
        score: how certain it is an error, in [0, 1]; findings of the same severity are ordered by it.
        fixable: whether :func:`~onoma.doctor.fix` corrects it automatically.
    """

    check: str
    severity: Severity
    file: Path
    line: int | None = None
    document: int | None = None
    id: str = ""
    start: int | None = None
    end: int | None = None
    what: str
    why: str
    fix: str
    score: float = 1.0
    fixable: bool = False

    @classmethod
    def at(
        cls,
        case: LocatedDocument,
        span: Span | None = None,
        *,
        check: str,
        severity: Severity,
        what: str,
        why: str,
        fix: str,
        score: float = 1.0,
        fixable: bool = False,
    ) -> Finding:
        """Return a finding about a document or about a span of it."""
        return cls(
            check=check,
            severity=severity,
            file=case.file,
            line=case.line(span.start if span is not None else 0),
            document=case.number,
            id=case.document.id,
            start=None if span is None else span.start,
            end=None if span is None else span.end,
            what=what,
            why=why,
            fix=fix,
            score=score,
            fixable=fixable,
        )

    @property
    def where(self) -> str:
        """``path:line``; if the line is not known, the path, the document's number and the character offsets."""
        if self.line is not None:
            return f"{self.file}:{self.line}"
        if self.document is None:
            return str(self.file)
        span = "" if self.start is None else f", characters {self.start} to {self.end}"
        return f"{self.file}, document {self.document}{span}"

    def to_json(self) -> dict[str, object]:
        """Return all attributes by name, as JSON values."""
        return {name: getattr(self, name) for name in self.__slots__} | {"file": str(self.file)}


def ranked(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings by decreasing severity, then by decreasing score, then by place."""
    return sorted(
        findings,
        key=lambda each: (
            SEVERITIES.index(each.severity),
            -each.score,
            str(each.file),
            each.line or each.document or 0,
            each.start or 0,
        ),
    )


def shown(text: str, *, most: int = 60) -> str:
    """Return a text in quotes on one line, shortened to ``most`` characters if it is longer."""
    return repr(shorten(text, max_length=most))
