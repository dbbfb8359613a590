"""Models without an encoder, to compare encoders with: a CRF over features, a network over words, a gazetteer.

They score words, and all else is shared with models that have an encoder: documents, the tagger, the task, evaluation,
calibration and the bundle. Tagging with them needs neither torch nor python-crfsuite.
"""

from onoma.baselines.opening import open_scorer, write_arrays

__all__ = ["open_scorer", "write_arrays"]
