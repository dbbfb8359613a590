"""Scoring of groups of windows: by a backend over subwords, or by a model that scores words."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from onoma.encoding import Windower, batch_by_length
from onoma.runtime import Backend, PaddedBatch, Scores, WordScorer
from onoma.tagger.window_group import WindowGroup, WindowRow


def score_subwords(
    groups: Iterable[WindowGroup], *, backend: Backend, windower: Windower, tasks: Sequence[str], budget: int
) -> Iterator[WindowGroup]:
    """Score the subwords of groups, in batches of windows of similar length, and yield the scored groups.

    Args:
        groups: groups to score, consumed as the backend asks for batches.
        backend: backend that runs the model.
        windower: windower that has split the documents.
        tasks: names of the tasks, in the order in which their scores of a word are concatenated.
        budget: maximum number of subwords per padded batch.
    """
    unfinished: deque[WindowGroup] = deque()
    submitted: deque[tuple[WindowGroup, list[WindowRow]]] = deque()

    def batches() -> Iterator[PaddedBatch]:
        for group in groups:
            unfinished.append(group)
            rows = group.rows(windower)
            for batch in batch_by_length([len(row.ids) for row in rows], budget=budget):
                batch_rows = [rows[number] for number in batch]
                submitted.append((group, batch_rows))
                yield group.batch(batch_rows, windower)

    for scores in backend.run(batches()):
        group, batch = submitted.popleft()
        group.add_scores(batch, _concatenate_tasks(scores, tasks), windower)
        if not group.missing:
            yield unfinished.popleft()


def score_words(groups: Iterable[WindowGroup], *, scorer: WordScorer) -> Iterator[WindowGroup]:
    """Score the words of groups, each window as a sentence, and yield the scored groups."""
    for group in groups:
        group.score(scorer)
        yield group


def _concatenate_tasks(scores: Scores, tasks: Sequence[str]) -> NDArray[np.float32]:
    """Concatenate the scores of all tasks, ``[windows, subwords, all scores of a word]``."""
    if len(tasks) == 1:
        return scores[tasks[0]]
    return np.concatenate([scores[name] for name in tasks], axis=2)
