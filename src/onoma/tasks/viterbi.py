"""The likeliest tag sequence that a scheme allows.

Where the likeliest tag of each word already makes a sequence that is allowed, it is the answer, since nothing can score
higher. Where it breaks the scheme the recursion runs over the words around the break, with nothing asked of their ends;
if what it finds may stand beside the likeliest tags of the others, then no sequence scores higher, since no part does.
If it may not, the recursion runs over more words, at last over all.

Source: Viterbi 1967; Forney 1973.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onoma.tasks.transitions import Transitions

_AROUND = 4
"""Words on either side of a break that the recursion takes at first."""


def best_tags(scores: NDArray[np.floating], transitions: Transitions) -> NDArray[np.int64]:
    """Decode one sentence.

    Args:
        scores: log-probability of every tag at every word, ``[words, tags]``; any constant may be added to a row.

    Returns:
        The tag of each word, ``[words]``.
    """
    greedy: NDArray[np.int64] = scores.argmax(axis=1)
    broken = np.flatnonzero(breaks_scheme(greedy, np.asarray([0, len(greedy)]), transitions)).tolist()
    tags, around = greedy, _AROUND
    while broken and breaks_scheme(tags, np.asarray([0, len(tags)]), transitions).any():
        tags = greedy.copy()
        for start, end in _stretches(broken, around=around, words=len(tags)):
            tags[start:end] = _recursion(scores, start, end, transitions)
        around *= 2
    return tags


def breaks_scheme(tags: NDArray[np.int64], bounds: NDArray[np.int64], transitions: Transitions) -> NDArray[np.bool_]:
    """Where the tags of sentences, one behind the other, take a step that is not allowed.

    Args:
        tags: ``[words]``.
        bounds: the first word of each sentence, none of them empty, and the end of the last one, ``[sentences + 1]``.

    Returns:
        True at each word that may not follow the one before or, where it ends its sentence, may not do so.
    """
    broken = np.zeros(len(tags), dtype=bool)
    if len(tags):
        broken[1:] = transitions.step[tags[:-1], tags[1:]] == 0
        broken[bounds[:-1]] = transitions.start[tags[bounds[:-1]]] == 0
        broken[bounds[1:] - 1] |= transitions.end[tags[bounds[1:] - 1]] == 0
    return broken


def _stretches(broken: list[int], *, around: int, words: int) -> list[tuple[int, int]]:
    """Half-open ranges of words around the breaks, those that touch made one."""
    stretches: list[tuple[int, int]] = []
    for word in broken:
        start, end = max(0, word - around), min(words, word + around)
        if stretches and start <= stretches[-1][1]:
            start, _ = stretches.pop()
        stretches.append((start, end))
    return stretches


def _recursion(scores: NDArray[np.floating], start: int, end: int, transitions: Transitions) -> NDArray[np.int64]:
    """The best tags of a stretch; only at a sentence's own ends they must be such as may begin or end one."""
    with np.errstate(divide="ignore"):
        step, first, last = np.log(transitions.step), np.log(transitions.start), np.log(transitions.end)
    best = scores[start] + (first if start == 0 else 0)
    came_from = np.zeros((end - start, scores.shape[1]), dtype=np.int64)
    for word in range(1, end - start):
        paths = best[:, None] + step
        came_from[word] = paths.argmax(axis=0)
        best = paths.max(axis=0) + scores[start + word]
    tags = np.empty(end - start, dtype=np.int64)
    tags[-1] = (best + (last if end == len(scores) else 0)).argmax()
    for word in range(len(tags) - 1, 0, -1):
        tags[word - 1] = came_from[word, tags[word]]
    return tags
