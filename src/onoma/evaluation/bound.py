"""The log-odds above which spans are entities, by which exact F1 on annotated text is best.

One half is not the best probability to ask for: the bound that is best for F1 is half of the F1 that can be reached,
and several spans over the same words share what is certain.

Source: Lipton et al. 2014, "Optimal thresholding of classifiers to maximize F1 measure",
https://arxiv.org/abs/1402.1892, theorem 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from onoma.bundle import Bundle
from onoma.evaluation.evaluate import tag_gold
from onoma.metrics import Counts, Figures, Scored
from onoma.runtime import Backend
from onoma.tagger import Tagger
from onoma.tasks import log_odds
from onoma.text import Document

LOWEST_BOUND = -2.0
"""A span with a probability of less than 12 % is never an entity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenBound:
    """A bound, and the exact figures with it on the documents that it was chosen on."""

    bound: float
    figures: Figures


def choose_bound(bundle: Bundle, backend: Backend, gold: Sequence[Document]) -> ChosenBound:
    """Find the bound of a task of spans that is best for exact F1.

    The model runs once. Overlaps are resolved from the likeliest span on, so the entities with a higher bound are those
    with the lowest one whose log-odds are above it.

    Args:
        bundle: of a task of spans without calibration; its bound is forgotten.
        backend: what runs the model.
        gold: documents that the model was not trained on.
    """
    widest = bundle.with_manifest(bundle.manifest.with_entities(bound=LOWEST_BOUND))
    scored = Scored.of(tag_gold(Tagger(widest, backend), gold))
    odds = log_odds(scored.scores)
    # Between the last one kept and the first one left out; the same log-odds are not parted.
    places = np.append(np.flatnonzero(odds[1:] < odds[:-1]) + 1, len(odds))
    correct = np.append(0, scored.correct.cumsum())[places]
    best = int((2 * correct / np.maximum(places + scored.gold, 1)).argmax())
    kept = int(places[best])
    above = odds[kept - 1] if kept else np.inf
    below = odds[kept] if kept < len(odds) else LOWEST_BOUND
    bound = 0.0 if below < 0 < above else (above + below) / 2
    counts = Counts(correct=int(correct[best]), predicted=kept, gold=scored.gold)
    return ChosenBound(bound=float(bound), figures=counts)
