"""Inference without torch."""

from onoma.runtime.backend import Backend, PaddedBatch, Scores, run_one
from onoma.runtime.threaded import thread_count
from onoma.runtime.word_scorer import Runner, WordScorer

__all__ = ["Backend", "PaddedBatch", "Runner", "Scores", "WordScorer", "run_one", "thread_count"]
