"""Stretches of windows to the same with their scores: by a backend over subwords, or by what scores words."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from onoma.encoding import Windower, batch_by_length
from onoma.runtime import Backend, PaddedBatch, Scores, WordScorer
from onoma.tagger.stretch import Stretch, WindowRow


def by_subwords(
    stretches: Iterable[Stretch], *, backend: Backend, windower: Windower, tasks: Sequence[str], budget: int
) -> Iterator[Stretch]:
    """Score the subwords of stretches, in batches of similar length.

    Args:
        stretches: drawn as the backend asks for batches.
        backend: what runs the model.
        windower: what has cut the documents.
        tasks: the names of the tasks, whose scores of a word stand side by side in this order.
        budget: subwords of one padded batch at most.
    """
    waiting: deque[Stretch] = deque()
    under_way: deque[tuple[Stretch, list[WindowRow]]] = deque()

    def batches() -> Iterator[PaddedBatch]:
        for stretch in stretches:
            waiting.append(stretch)
            rows = stretch.rows(windower)
            for batch in batch_by_length([len(row.ids) for row in rows], budget=budget):
                chosen = [rows[number] for number in batch]
                under_way.append((stretch, chosen))
                yield stretch.batch(chosen, windower)

    for scores in backend.run(batches()):
        stretch, batch = under_way.popleft()
        stretch.take(batch, _side_by_side(scores, tasks), windower)
        if not stretch.missing:
            yield waiting.popleft()


def by_words(stretches: Iterable[Stretch], *, scorer: WordScorer) -> Iterator[Stretch]:
    """Score the words of stretches, a window at a time, as sentences."""
    for stretch in stretches:
        stretch.score(scorer)
        yield stretch


def _side_by_side(scores: Scores, tasks: Sequence[str]) -> NDArray[np.float32]:
    """The scores of all tasks, ``[windows, subwords, all scores of a word]``."""
    if len(tasks) == 1:
        return scores[tasks[0]]
    return np.concatenate([scores[name] for name in tasks], axis=2)
