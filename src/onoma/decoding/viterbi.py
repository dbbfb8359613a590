"""The likeliest tag sequence that a scheme allows.

Source: Viterbi 1967; Forney 1973. Where the likeliest tag of each word already makes a sequence that is allowed, it is
the answer, since nothing can score higher; the recursion runs for the others only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onoma.decoding.transitions import Transitions


def best_tags(scores: NDArray[np.floating], transitions: Transitions) -> NDArray[np.int64]:
    """Decode one sentence.

    Args:
        scores: log-probability of every tag at every word, ``[words, tags]``; any constant may be added to a row.

    Returns:
        The tag of each word, ``[words]``.
    """
    greedy: NDArray[np.int64] = scores.argmax(axis=1)
    if not len(greedy) or _allowed(greedy, transitions):
        return greedy
    with np.errstate(divide="ignore"):
        step, start, end = np.log(transitions.step), np.log(transitions.start), np.log(transitions.end)
    best = scores[0] + start
    came_from = np.zeros(scores.shape, dtype=np.int64)
    for word in range(1, len(scores)):
        paths = best[:, None] + step
        came_from[word] = paths.argmax(axis=0)
        best = paths.max(axis=0) + scores[word]
    tags = np.empty(len(scores), dtype=np.int64)
    tags[-1] = (best + end).argmax()
    for word in range(len(scores) - 1, 0, -1):
        tags[word - 1] = came_from[word, tags[word]]
    return tags


def _allowed(tags: NDArray[np.int64], transitions: Transitions) -> bool:
    inside = transitions.step[tags[:-1], tags[1:]].all()
    return bool(inside and transitions.start[tags[0]] and transitions.end[tags[-1]])
