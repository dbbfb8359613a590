"""Tag scores to entities: the best allowed sequence and the probability of each span in it."""

from onoma.decoding.calibration import SUREST, UNSCALED, Scaling, fit_scaling, fit_temperature, log_odds, temper
from onoma.decoding.decoder import Decoder, ScoredChunk
from onoma.decoding.marginals import Lattice, softmax
from onoma.decoding.transitions import Transitions
from onoma.decoding.viterbi import best_tags

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
