"""Cross-validated predictions: each document is tagged by a model that was not trained on it."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from onoma.errors import InputError
from onoma.text import Document

TrainAndPredict = Callable[[int, Sequence[Document], Sequence[Document]], Iterable[Document]]
"""Function that trains a model and tags documents with it.

It is called with the number of a fold, the documents to train on and the documents to tag, and returns the latter with
scored entities.
"""


def cross_validated(
    documents: Sequence[Document], predict: TrainAndPredict, *, folds: int, seed: int = 1
) -> list[Document]:
    """Split documents into folds at random, and predict each fold with a model trained on the other folds.

    Documents with the same text are in the same fold, so that no document is tagged by a model trained on a copy of it.

    Args:
        documents: the annotated documents.
        predict: trains a model and tags documents; called once per fold.
        folds: number of folds, at least two.
        seed: seed of the random split.

    Returns:
        The documents with predicted entities, in the order given.

    Raises:
        InputError: there are fewer documents with different texts than folds, or fewer than two folds.
    """
    positions_by_text: dict[str, list[int]] = defaultdict(list)
    for position, document in enumerate(documents):
        positions_by_text[document.text].append(position)
    groups = list(positions_by_text.values())
    if not 2 <= folds <= len(groups):
        raise InputError(f"{folds} folds of {len(groups):,} different documents; take from 2 to {max(2, len(groups))}")
    random.Random(seed).shuffle(groups)
    result: dict[int, Document] = {}
    for fold in range(folds):
        held_out = sorted(position for group in groups[fold::folds] for position in group)
        held_out_set = set(held_out)
        train_documents = [document for position, document in enumerate(documents) if position not in held_out_set]
        tagged = predict(fold + 1, train_documents, [documents[position] for position in held_out])
        result.update(zip(held_out, tagged, strict=True))
    return [result[position] for position in range(len(documents))]
