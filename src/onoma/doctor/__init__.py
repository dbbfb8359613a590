"""Checks of annotated data that report findings, each with its place, reason, fix and score."""

from onoma.doctor.cases import CheckedFile, read_cases
from onoma.doctor.checkup import CheckResult, check
from onoma.doctor.cross_validation import cross_validated
from onoma.doctor.finding import SEVERITIES, Finding, LocatedDocument, Severity, ranked
from onoma.doctor.fixing import DIFF, Fixed, check_fixable, fix
from onoma.doctor.gold_scores import score_gold
from onoma.doctor.suspicion import Suspicion, suspicions

__all__ = [
    "DIFF",
    "SEVERITIES",
    "LocatedDocument",
    "CheckResult",
    "CheckedFile",
    "Finding",
    "Fixed",
    "Severity",
    "Suspicion",
    "check",
    "check_fixable",
    "cross_validated",
    "read_cases",
    "fix",
    "ranked",
    "suspicions",
    "score_gold",
]
