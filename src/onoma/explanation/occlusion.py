"""Attribution of a target to words by occlusion: the decrease of the target when a word is hidden.

Sources: Zeiler and Fergus 2014, section 4.2 (occlusion); Li et al. 2016, "Understanding Neural Networks through
Representation Erasure".
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onoma.explanation.target import Target, masked_logits
from onoma.runtime import Backend
from onoma.tasks import log_odds


def occlusion(backend: Backend, target: Target) -> NDArray[np.float64]:
    """Return the decrease of the log-odds when each word alone is hidden, ``[words]``.

    Joint effects of several words are not measured.
    """
    words = len(target.passage.words)
    hidden = np.concatenate([np.zeros((1, words), dtype=bool), np.eye(words, dtype=bool)])
    row_log_odds = log_odds(target.probabilities(masked_logits(backend, target.passage, hidden)))
    decreases: NDArray[np.float64] = row_log_odds[0] - row_log_odds[1:]
    return decreases
