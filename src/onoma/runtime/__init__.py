"""Running a model without torch."""

from onoma.runtime.backend import Backend, PaddedBatch, Scores, run_one

__all__ = ["Backend", "PaddedBatch", "Scores", "run_one"]
