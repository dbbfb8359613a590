"""What a word does for a target: how far the target falls when the word is hidden.

Source: Zeiler and Fergus 2014, section 4.2 (occlusion); Li et al. 2016, "Understanding Neural Networks through
Representation Erasure".
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onoma.explanation.target import Target, logits_hiding
from onoma.runtime import Backend
from onoma.tasks import log_odds


def occlusion(backend: Backend, target: Target) -> NDArray[np.float64]:
    """The log-odds that are lost by hiding each word alone, ``[words]``; what two words do together is not seen."""
    words = len(target.passage.words)
    hidden = np.concatenate([np.zeros((1, words), dtype=bool), np.eye(words, dtype=bool)])
    found = log_odds(target.probabilities(logits_hiding(backend, target.passage, hidden)))
    lost: NDArray[np.float64] = found[0] - found[1:]
    return lost
