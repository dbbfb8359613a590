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
from onoma.explanation.target_log_odds import target_log_odds
from onoma.models import Model

STEPS = 32
"""Number of points on the path at which the gradient is computed."""

_MAX_BATCH_SUBWORDS = 2_048


def integrated_gradients(model: Model, target: Target, *, steps: int = STEPS) -> NDArray[np.float64]:
    """Return the attribution of each word in log-odds, ``[words]``."""
    passage = target.passage
    positions = torch.from_numpy(passage.firsts[slice(*passage.sentence)])

    def log_odds(ids: Int64[Tensor, "rows subwords"]) -> Float[Tensor, " rows"]:
        return target_log_odds(model(ids, torch.ones_like(ids))[ENTITIES][:, positions], target)

    ids = torch.from_numpy(passage.ids)[None]
    baseline_ids = torch.from_numpy(passage.hiding(np.ones((1, len(passage.words)), dtype=bool)))
    attributions = LayerIntegratedGradients(log_odds, model.encoder.words).attribute(
        ids, baseline_ids, n_steps=steps, internal_batch_size=max(1, _MAX_BATCH_SUBWORDS // ids.shape[1])
    )
    subword_attributions = attributions.detach()[0].double().sum(dim=-1).numpy()
    # The last element collects the special tokens, whose owner is -1.
    word_attributions = np.zeros(len(passage.words) + 1)
    np.add.at(word_attributions, passage.owners, subword_attributions)
    return word_attributions[:-1]
