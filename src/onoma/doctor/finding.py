"""What a check says: what was found, where, why it is wrong, what fixes it, and how surely it is an error."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from onoma.doctor.forms import words_of
from onoma.text import Document, Span, Word

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""From the most severe on: what loses or contradicts annotation, what is probably wrong, what is worth knowing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A document and where it is in its file.

    Attributes:
        document: as it was read.
        file: the file or folder that holds it.
        number: its place in the file, counted from 1.
        lines: of each of its words, or one of the whole; empty if unknown.
        part: `train`, `dev` or `test`; empty where the caller named none.
    """

    document: Document
    file: Path
    number: int
    lines: tuple[int, ...] = ()
    part: str = ""

    @property
    def words(self) -> tuple[Word, ...]:
        """The words that the document gives, or those that its text is segmented into."""
        return words_of(self.document)

    def line(self, start: int) -> int | None:
        """The line of the first word that ends after a position."""
        words = self.document.words
        if words is None or len(words) != len(self.lines):
            return self.lines[0] if self.lines else None
        found = next((line for word, line in zip(words, self.lines, strict=True) if word.end > start), None)
        return self.lines[-1] if found is None and self.lines else found

    def where(self, start: int = 0) -> str:
        """``path:line``, or ``path, document 3`` where the line is not known."""
        line = self.line(start)
        return f"{self.file}:{line}" if line is not None else f"{self.file}, document {self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a check has found.

    Attributes:
        check: the check's name.
        file, line: where; the line is counted from 1, None where it is not known or it is about a whole file.
        document: number of the document in its file, counted from 1; None where it is about none.
        id: the document's name.
        start, end: characters of the document's text; None where it is about no place of it.
        what: the text at that place.
        why: why that is wrong, or may be.
        fix: what to do.
        score: how surely it is an error, in [0, 1]; orders the findings of a check.
        fixable: ``fix`` fixes it.
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
        case: Case,
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
        """A finding about a document, or a span of it."""
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
        """``path:line``, and the characters where the line does not say enough."""
        if self.line is not None:
            return f"{self.file}:{self.line}"
        if self.document is None:
            return str(self.file)
        span = "" if self.start is None else f", characters {self.start} to {self.end}"
        return f"{self.file}, document {self.document}{span}"

    def to_json(self) -> dict[str, object]:
        """All attributes under their names, as JSON values."""
        return {name: getattr(self, name) for name in self.__slots__} | {"file": str(self.file)}


def ranked(findings: Iterable[Finding]) -> list[Finding]:
    """The most severe first, then the most certain, then by place."""
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
    """A piece of text in quotes, on one line, cut where it is long."""
    return repr(text if len(text) <= most else text[: most - 1] + "…")
