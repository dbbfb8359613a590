"""The log-odds of a target, computed differentiably in torch: the same number as :meth:`Target.probabilities` gives."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import functional

from onoma.explanation.target import Target
from onoma.models.heads.span import span_scores
from onoma.schemes import OUTSIDE
from onoma.tasks import PROBABILITY_EPSILON, Scaling, SpanTask, TagTask

_LOG_ZERO = -1e4
"""Finite value used for the logarithm of 0: far below any sum of scores, and with a finite gradient."""

_LOG_MIN, _LOG_MAX = float(np.log(PROBABILITY_EPSILON)), float(np.log1p(-PROBABILITY_EPSILON))
"""Bounds of the logarithm of a probability."""

_MAX_LOG_ODDS = _LOG_MAX - _LOG_MIN


def target_log_odds(scores: Float[Tensor, "rows words scores"], target: Target) -> Float[Tensor, " rows"]:
    """Return the log-odds of :meth:`Target.probabilities`."""
    if isinstance(target.task, SpanTask):
        return _span_log_odds(scores, target.task, target)
    return _tag_log_odds(scores, target.task, target)


def _tag_log_odds(scores: Float[Tensor, "rows words tags"], task: TagTask, target: Target) -> Float[Tensor, " rows"]:
    """Return the log-odds of a span whose words are tagged.

    The probability is the quotient of two runs of the forward algorithm. The numerator covers only the sequences that
    have the target's tags at the span and a transition at its end that does not continue the entity.
    """
    temperature = task.calibration.temperature
    scores = (scores / temperature).double()
    transitions = task.transitions.at(temperature)
    breaking_step = np.where(transitions.continues, -np.inf, transitions.step)
    step, breaks, first, last = (
        torch.from_numpy(allowed).clamp(min=_LOG_ZERO)
        for allowed in (transitions.step, breaking_step, transitions.start, transitions.end)
    )
    start, end = target.sentence_span
    words, tags = scores.shape[1:]
    span_mask = torch.zeros(words, tags, dtype=torch.float64)
    span_mask[start:end] = _LOG_ZERO
    span_mask[torch.arange(start, end), torch.from_numpy(task.tags_of(target.label, length=end - start))] = 0.0

    def log_partition(scores: Float[Tensor, "rows words tags"], *, break_at: int | None) -> Float[Tensor, " rows"]:
        forward_scores = scores[:, 0] + first
        for word in range(1, words):
            step_scores = breaks if word == break_at else step
            forward_scores = (forward_scores[:, :, None] + step_scores).logsumexp(dim=1) + scores[:, word]
        return (forward_scores + last).logsumexp(dim=1)

    log_probability = log_partition(scores + span_mask, break_at=end) - log_partition(scores, break_at=None)
    log_odds = _as_log_odds(log_probability)
    return log_odds if target.label == OUTSIDE else _scaled(log_odds, task.calibration.scaling)


def _span_log_odds(
    features: Float[Tensor, "rows words features"], task: SpanTask, target: Target
) -> Float[Tensor, " rows"]:
    """Return the log-odds of a scored span, or those of the absence of all spans that touch the target's words."""
    start, end = target.sentence_span
    if target.label == OUTSIDE:
        widths, firsts = task.touching_spans(start, end, words=features.shape[1])
        log_odds = _scaled_log_odds(features, task, torch.from_numpy(firsts), torch.from_numpy(widths))
        return _as_log_odds(-functional.softplus(log_odds).sum(dim=(1, 2)))
    log_odds = _scaled_log_odds(features, task, torch.tensor([start]), torch.tensor([end - start - 1]))
    return log_odds[:, 0, task.labels.index(target.label)]


def _scaled_log_odds(
    features: Float[Tensor, "rows words features"],
    task: SpanTask,
    starts: Int64[Tensor, " spans"],
    widths: Int64[Tensor, " spans"],
) -> Float[Tensor, "rows spans labels"]:
    """Return the calibrated log-odds of spans, given their first words and the numbers of words after them."""
    log_odds = span_scores(features.double(), starts, widths, size=task.size, width=torch.from_numpy(task.width))
    return _scaled(
        (log_odds / task.calibration.temperature).clamp(-_MAX_LOG_ODDS, _MAX_LOG_ODDS), task.calibration.scaling
    )


def _as_log_odds(log_probability: Float[Tensor, " rows"]) -> Float[Tensor, " rows"]:
    bounded = log_probability.clamp(min=_LOG_MIN, max=_LOG_MAX)
    return bounded - (-bounded.expm1()).log()


def _scaled(log_odds: Float[Tensor, "*axes"], scaling: Scaling) -> Float[Tensor, "*axes"]:
    return scaling.slope * log_odds + scaling.intercept
