"""Checks of annotated data that report findings, each with its place, reason, fix and score."""

from onoma.doctor.cases import Examined, examine
from onoma.doctor.checkup import Checkup, check
from onoma.doctor.finding import SEVERITIES, Case, Finding, Severity, ranked
from onoma.doctor.fixing import DIFF, Fixed, fix
from onoma.doctor.folds import cross_validated
from onoma.doctor.suspicion import Suspicion, suspicions
from onoma.doctor.weighing import weigh_gold

__all__ = [
    "DIFF",
    "SEVERITIES",
    "Case",
    "Checkup",
    "Examined",
    "Finding",
    "Fixed",
    "Severity",
    "Suspicion",
    "check",
    "cross_validated",
    "examine",
    "fix",
    "ranked",
    "suspicions",
    "weigh_gold",
]
