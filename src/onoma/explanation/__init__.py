"""Why a model says what it says: which words push a span towards its label, and what it has learnt that is like it.

The modules that need torch (``gradients``, ``states``, ``indexing``) are loaded when first used.
"""

from onoma.explanation.evidence import EVIDENCE, Evidence, Index, TrainingMention, check_place, read_index, write_index
from onoma.explanation.explained import Explained, Explanation, Push
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
    "Push",
    "Question",
    "check_place",
    "read_index",
    "write_index",
]
