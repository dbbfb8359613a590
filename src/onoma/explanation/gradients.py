"""Attribution of a target to words by integrated gradients over the embeddings of their subwords.

The path leads from the passage with all words hidden to the passage itself; positions and special tokens do not change.
The attributions of all words add up to the difference of the target between the two ends, except for the error of the
numerical integration.

Source: Sundararajan et al. 2017, "Axiomatic Attribution for Deep Networks"; computed by captum.
"""

from __future__ import annotations

import numpy as np
import torch
from captum.attr import LayerIntegratedGradients
from jaxtyping import Float, Int64
from numpy.typing import NDArray
from torch import Tensor

from onoma.bundle import ENTITIES
from onoma.explanation.target import Target
from onoma.models import Model
from onoma.tasks import PROBABILITY_EPSILON

STEPS = 32
"""Number of points on the path at which the gradient is computed."""

_MAX_BATCH_SUBWORDS = 2_048

_LOG_ZERO = -1e4
"""Finite value used for the logarithm of 0: far below any sum of scores, and with a finite gradient."""


def integrated_gradients(model: Model, target: Target, *, steps: int = STEPS) -> NDArray[np.float64]:
    """Return the attribution of each word in log-odds, ``[words]``."""
    passage = target.passage
    positions = torch.from_numpy(passage.firsts[slice(*passage.sentence)])

    def target_log_odds(ids: Int64[Tensor, "rows subwords"]) -> Float[Tensor, " rows"]:
        return span_log_odds(model(ids, torch.ones_like(ids))[ENTITIES][:, positions], target)

    ids = torch.from_numpy(passage.ids)[None]
    baseline_ids = torch.from_numpy(passage.hiding(np.ones((1, len(passage.words)), dtype=bool)))
    attributions = LayerIntegratedGradients(target_log_odds, model.encoder.words).attribute(
        ids, baseline_ids, n_steps=steps, internal_batch_size=max(1, _MAX_BATCH_SUBWORDS // ids.shape[1])
    )
    subword_attributions = attributions.detach()[0].double().sum(dim=-1).numpy()
    # The last element collects the special tokens, whose owner is -1.
    word_attributions = np.zeros(len(passage.words) + 1)
    np.add.at(word_attributions, passage.owners, subword_attributions)
    return word_attributions[:-1]


def span_log_odds(logits: Float[Tensor, "rows words tags"], target: Target) -> Float[Tensor, " rows"]:
    """Return the log-odds of :meth:`Target.probabilities`, computed differentiably in torch.

    The probability is the quotient of two runs of the forward algorithm. The numerator covers only the sequences that
    have the target's tags at the span and a transition at its end that does not continue the entity.
    """
    temperature = target.task.calibration.temperature
    scores = (logits / temperature).double()
    transitions = target.task.transitions.at(temperature)
    breaking_step = np.where(transitions.continues, -np.inf, transitions.step)
    step, breaks, first, last = (
        torch.from_numpy(allowed).clamp(min=_LOG_ZERO)
        for allowed in (transitions.step, breaking_step, transitions.start, transitions.end)
    )
    start, end = target.place
    words, tags = scores.shape[1:]
    span_mask = torch.zeros(words, tags, dtype=torch.float64)
    span_mask[start:end] = _LOG_ZERO
    span_mask[torch.arange(start, end), torch.from_numpy(target.tags)] = 0.0

    def log_partition(scores: Float[Tensor, "rows words tags"], *, break_at: int | None) -> Float[Tensor, " rows"]:
        forward_scores = scores[:, 0] + first
        for word in range(1, words):
            step_scores = breaks if word == break_at else step
            forward_scores = (forward_scores[:, :, None] + step_scores).logsumexp(dim=1) + scores[:, word]
        return (forward_scores + last).logsumexp(dim=1)

    log_probability = log_partition(scores + span_mask, break_at=end) - log_partition(scores, break_at=None)
    log_probability = log_probability.clamp(
        min=float(np.log(PROBABILITY_EPSILON)), max=float(np.log1p(-PROBABILITY_EPSILON))
    )
    log_odds = log_probability - (-log_probability.expm1()).log()
    return target.scaling.slope * log_odds + target.scaling.intercept
