"""Baseline models without an encoder: a CRF over features, a BiLSTM over words and characters, and a gazetteer.

Baselines score words. Documents, the tagger, the task, evaluation, calibration and the bundle are shared with models
that have an encoder. Tagging with a baseline needs neither torch nor python-crfsuite.
"""

from onoma.baselines.loading import load_scorer, write_arrays

__all__ = ["load_scorer", "write_arrays"]
