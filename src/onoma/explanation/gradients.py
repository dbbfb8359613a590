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

_SUBWORDS_AT_ONCE = 2_048

_NEVER = -1e4
"""Finite value used for the logarithm of 0: far below any sum of scores, and with a finite gradient."""


def integrated_gradients(model: Model, target: Target, *, steps: int = STEPS) -> NDArray[np.float64]:
    """Return the attribution of each word in log-odds, ``[words]``."""
    passage = target.passage
    read = torch.from_numpy(passage.firsts[slice(*passage.sentence)])

    def value(ids: Int64[Tensor, "rows subwords"]) -> Float[Tensor, " rows"]:
        return span_log_odds(model(ids, torch.ones_like(ids))[ENTITIES][:, read], target)

    ids = torch.from_numpy(passage.ids)[None]
    nothing = torch.from_numpy(passage.hiding(np.ones((1, len(passage.words)), dtype=bool)))
    integrated = LayerIntegratedGradients(value, model.encoder.words).attribute(
        ids, nothing, n_steps=steps, internal_batch_size=max(1, _SUBWORDS_AT_ONCE // ids.shape[1])
    )
    of_subwords = integrated.detach()[0].double().sum(dim=-1).numpy()
    of_words = np.zeros(len(passage.words) + 1)  # the last element collects the special tokens, whose owner is -1
    np.add.at(of_words, passage.owners, of_subwords)
    return of_words[:-1]


def span_log_odds(logits: Float[Tensor, "rows words tags"], target: Target) -> Float[Tensor, " rows"]:
    """Return the log-odds of :meth:`Target.probabilities`, computed differentiably in torch.

    The probability is the quotient of two runs of the forward algorithm. The numerator covers only the sequences that
    have the target's tags at the span and a transition at its end that does not continue the entity.
    """
    temperature = target.task.calibration.temperature
    scores = (logits / temperature).double()
    transitions = target.task.transitions.at(temperature)
    breaking = np.where(transitions.continues, -np.inf, transitions.step)
    step, breaks, first, last = (
        torch.from_numpy(allowed).clamp(min=_NEVER)
        for allowed in (transitions.step, breaking, transitions.start, transitions.end)
    )
    start, end = target.place
    words, tags = scores.shape[1:]
    held = torch.zeros(words, tags, dtype=torch.float64)
    held[start:end] = _NEVER
    held[torch.arange(start, end), torch.from_numpy(target.tags)] = 0.0

    def total(scores: Float[Tensor, "rows words tags"], *, broken: int | None) -> Float[Tensor, " rows"]:
        reached = scores[:, 0] + first
        for word in range(1, words):
            onward = breaks if word == broken else step
            reached = (reached[:, :, None] + onward).logsumexp(dim=1) + scores[:, word]
        return (reached + last).logsumexp(dim=1)

    surely = total(scores + held, broken=end) - total(scores, broken=None)
    surely = surely.clamp(min=float(np.log(PROBABILITY_EPSILON)), max=float(np.log1p(-PROBABILITY_EPSILON)))
    odds = surely - (-surely.expm1()).log()
    return target.scaling.slope * odds + target.scaling.intercept
