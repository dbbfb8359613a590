"""Explanations: how much each word contributes to a span's label, and similar entities of the training set.

The modules that need torch (``gradients``, ``states``, ``indexing``) are imported at the first use.
"""

from onoma.explanation.evidence import (
    EVIDENCE,
    Evidence,
    Index,
    TrainingMention,
    check_can_write_index,
    read_index,
    write_index,
)
from onoma.explanation.explained import Explained, Explanation, WordAttribution
from onoma.explanation.explainer import Explainer, Question, SpanQuery

__all__ = [
    "EVIDENCE",
    "Evidence",
    "Explained",
    "Explainer",
    "Explanation",
    "Index",
    "TrainingMention",
    "SpanQuery",
    "WordAttribution",
    "Question",
    "check_can_write_index",
    "read_index",
    "write_index",
]
