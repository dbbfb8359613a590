"""Choice of the log-odds threshold of a span task that maximises exact F1 on annotated text.

A probability of one half is not the best threshold: the optimal threshold for F1 is half of the best achievable F1, and
several spans over the same words share the probability mass.

Source: Lipton et al. 2014, "Optimal thresholding of classifiers to maximize F1 measure",
https://arxiv.org/abs/1402.1892, theorem 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress

import numpy as np

from onoma.bundle import ENTITIES, Bundle
from onoma.evaluation.layers import tag_layer
from onoma.metrics import Aligned, Counts, Figures, Scored, align
from onoma.runtime import Backend
from onoma.tagger import Tagger
from onoma.tasks import log_odds
from onoma.text import Document

MIN_THRESHOLD = -2.0
"""Lowest threshold that can be chosen: a span with a probability below 12 % is never an entity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenThreshold:
    """A threshold chosen on annotated documents.

    Attributes:
        threshold: the threshold in log-odds.
        figures: exact metrics at this threshold on the documents on which it was chosen.
        pairs: these documents, with the entities that are predicted at this threshold.
    """

    threshold: float
    figures: Figures
    pairs: Sequence[Aligned]


def choose_span_threshold(
    bundle: Bundle, backend: Backend, gold: Sequence[Document], *, task: str = ENTITIES
) -> ChosenThreshold:
    """Find the threshold of a span task that gives the best exact F1.

    The model runs only once, with the lowest threshold. Overlaps are resolved in favour of the most probable span, so
    the entities at a higher threshold are those of this run whose log-odds exceed it.

    Args:
        bundle: model with a span task and without calibration; its own threshold is ignored.
        backend: backend that runs the model.
        gold: annotated documents on which the model was not trained; their entities are the gold spans of the task.
        task: name of the span task.
    """
    lenient_bundle = bundle.with_manifest(bundle.manifest.with_task(task, threshold=MIN_THRESHOLD))
    pairs = list(align(gold, tag_layer(Tagger(lenient_bundle, backend), task, gold)))
    scored = Scored.of(pairs)
    odds = log_odds(scored.scores)
    # Candidate numbers of entities to keep; entities with equal log-odds are kept or dropped together.
    kept_counts = np.append(np.flatnonzero(odds[1:] < odds[:-1]) + 1, len(odds))
    correct_counts = np.append(0, scored.correct.cumsum())[kept_counts]
    best_index = int((2 * correct_counts / np.maximum(kept_counts + scored.gold, 1)).argmax())
    kept_count = int(kept_counts[best_index])
    odds_above = odds[kept_count - 1] if kept_count else np.inf
    odds_below = odds[kept_count] if kept_count < len(odds) else MIN_THRESHOLD
    threshold = 0.0 if odds_below < 0 < odds_above else (odds_above + odds_below) / 2
    counts = Counts(correct=int(correct_counts[best_index]), predicted=kept_count, gold=scored.gold)
    pairs_above = [_at_threshold(pair, float(threshold)) for pair in pairs]
    return ChosenThreshold(threshold=float(threshold), figures=counts, pairs=pairs_above)


def _at_threshold(pair: Aligned, threshold: float) -> Aligned:
    """Return a pair with the predicted entities whose log-odds exceed a threshold."""
    odds = log_odds(np.array(pair.scores, dtype=np.float64))
    kept = (odds > threshold).tolist()
    return replace(pair, predicted=tuple(compress(pair.predicted, kept)), scores=tuple(compress(pair.scores, kept)))
