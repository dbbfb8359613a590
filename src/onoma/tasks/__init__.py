"""Tag scores to entities: the best allowed sequence and the probability of each span in it."""

from onoma.tasks.calibration import SUREST, UNSCALED, Scaling, fit_scaling, fit_temperature, log_odds, temper
from onoma.tasks.lattice import Lattice, softmax
from onoma.tasks.tags import Decoder, ScoredChunk
from onoma.tasks.transitions import Transitions
from onoma.tasks.viterbi import best_tags

__all__ = [
    "SUREST",
    "UNSCALED",
    "Decoder",
    "Lattice",
    "Scaling",
    "ScoredChunk",
    "Transitions",
    "best_tags",
    "fit_scaling",
    "fit_temperature",
    "log_odds",
    "softmax",
    "temper",
]
