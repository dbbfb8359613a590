"""Running a model without torch."""

from onoma.runtime.backend import Backend, PaddedBatch, Scores, run_one
from onoma.runtime.threaded import thread_count

__all__ = ["Backend", "PaddedBatch", "Scores", "run_one", "thread_count"]
