"""A run of all checks on all files, and its result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from onoma.doctor.annotation import check_spans
from onoma.doctor.cases import CheckedFile
from onoma.doctor.characters import check_characters
from onoma.doctor.duplicates import check_duplicates
from onoma.doctor.finding import SEVERITIES, Finding, LocatedDocument, Severity, ranked
from onoma.doctor.fixing import Fixed
from onoma.doctor.labels import check_labels
from onoma.doctor.lengths import check_lengths
from onoma.doctor.subwords import check_subwords
from onoma.doctor.surfaces import check_surfaces
from onoma.doctor.suspicion import findings_of
from onoma.encoding import Windower
from onoma.text import Document, find_lone_surrogate

Predict = Callable[[Sequence[Document]], Sequence[Document]]
"""Function that returns gold documents with scored predictions as entities; see :mod:`onoma.doctor.suspicion`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """Result of all checks.

    Attributes:
        files: the files that were checked, as they were read.
        findings: the findings by decreasing severity, then by decreasing score.
        fixed: the files that were written with fixes.
    """

    files: tuple[CheckedFile, ...]
    findings: tuple[Finding, ...]
    fixed: tuple[Fixed, ...] = ()

    @property
    def cases(self) -> list[LocatedDocument]:
        """All documents of all files."""
        return [case for file in self.files for case in file.cases]

    def count(self, severity: Severity) -> int:
        """Return the number of findings of a severity."""
        return sum(finding.severity == severity for finding in self.findings)

    def fails(self, severity: Severity) -> bool:
        """Return whether there is a finding of this severity or a more severe one."""
        return any(self.count(each) for each in SEVERITIES[: SEVERITIES.index(severity) + 1])

    def to_json(self) -> dict[str, object]:
        """Return counts and findings as JSON values."""
        files = [
            {
                "file": str(file.reading.path),
                "format": file.reading.format,
                "part": next((case.part for case in file.cases), ""),
                "documents": len(file.cases),
                "entities": sum(len(case.document.entities) for case in file.cases),
            }
            for file in self.files
        ]
        return {
            "files": files,
            "severities": {severity: self.count(severity) for severity in SEVERITIES},
            "checks": dict(Counter(finding.check for finding in self.findings).most_common()),
            "findings": [finding.to_json() for finding in self.findings],
        }


def check(
    files: Sequence[CheckedFile], *, windower: Windower | None = None, predict: Predict | None = None
) -> CheckResult:
    """Run all checks.

    Args:
        files: the files to check, as they were read.
        windower: tokenizes the text and cuts it into windows; None to skip the checks that need a tokenizer.
        predict: predicts the entities of the documents; None to skip the comparison with a model's predictions.
    """
    cases = [case for file in files for case in file.cases]
    findings = [finding for file in files for finding in file.findings]
    for run in _checks(windower, predict):
        findings += run(cases)
    return CheckResult(files=tuple(files), findings=tuple(ranked(findings)))


def _checks(
    windower: Windower | None, predict: Predict | None
) -> Iterator[Callable[[Sequence[LocatedDocument]], Iterable[Finding]]]:
    yield from (check_spans, check_characters, check_labels, check_duplicates, check_surfaces, check_lengths)
    if windower is not None:
        yield lambda cases: check_subwords(_filter_tokenizable(cases), windower=windower)
    if predict is not None:
        yield lambda cases: _compare_with_model(_filter_tokenizable(cases), predict)


def _filter_tokenizable(cases: Sequence[LocatedDocument]) -> list[LocatedDocument]:
    """Return the cases that can be tokenized; ``check_characters`` reports the others (lone surrogates)."""
    return [case for case in cases if find_lone_surrogate(case.document.text) is None]


def _compare_with_model(cases: Sequence[LocatedDocument], predict: Predict) -> Iterator[Finding]:
    return findings_of(cases, predict([case.document for case in cases]))
