"""The data doctor: annotated files to findings, each with its place, its reason, its mend and its rank."""

from onoma.doctor.cases import Examined, examine
from onoma.doctor.checkup import Checkup, check
from onoma.doctor.finding import SEVERITIES, Case, Finding, Severity, ranked
from onoma.doctor.folds import cross_validated
from onoma.doctor.judge import Judge
from onoma.doctor.mending import DIFF, Mended, fix
from onoma.doctor.suspicion import Suspicion, suspicions

__all__ = [
    "DIFF",
    "SEVERITIES",
    "Case",
    "Checkup",
    "Examined",
    "Finding",
    "Judge",
    "Mended",
    "Severity",
    "Suspicion",
    "check",
    "cross_validated",
    "examine",
    "fix",
    "ranked",
    "suspicions",
]
