"""Predictions for each document by a model that has not learnt from it."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from onoma.errors import InputError
from onoma.text import Document

TrainAndPredict = Callable[[int, Sequence[Document], Sequence[Document]], Iterable[Document]]
"""From the number of a fold, documents to learn from and documents to tag, to the latter with scored entities."""


def cross_validated(
    documents: Sequence[Document], predict: TrainAndPredict, *, folds: int, seed: int = 1
) -> list[Document]:
    """Split documents into folds at random, and predict each fold by a model trained on the others.

    Documents of the same text go to the same part, so that none is predicted by a copy of itself.

    Args:
        predict: trains and tags; called once a fold.
        folds: number of parts, two or more.

    Raises:
        InputError: there are fewer different documents than folds, or fewer than two folds.
    """
    same: dict[str, list[int]] = defaultdict(list)
    for position, document in enumerate(documents):
        same[document.text].append(position)
    groups = list(same.values())
    if not 2 <= folds <= len(groups):
        raise InputError(f"{folds} folds of {len(groups):,} different documents; take from 2 to {max(2, len(groups))}")
    random.Random(seed).shuffle(groups)
    result: dict[int, Document] = {}
    for fold in range(folds):
        held = sorted(position for group in groups[fold::folds] for position in group)
        out = set(held)
        learnt = [document for position, document in enumerate(documents) if position not in out]
        tagged = predict(fold + 1, learnt, [documents[position] for position in held])
        result.update(zip(held, tagged, strict=True))
    return [result[position] for position in range(len(documents))]
