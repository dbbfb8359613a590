"""Probabilities of gold entities, added to a tagger's predictions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from onoma.schemes import OUTSIDE
from onoma.tagger import DocumentPrediction, Tagger
from onoma.text import Document, Entity

_MIN_PROBABILITY = 0.01
"""Minimum probability of another label for a gold span; less probable labels are left out."""


def score_gold(tagger: Tagger, documents: Iterable[Document]) -> Iterator[Document]:
    """Tag documents, and yield them with the probabilities of their gold spans.

    Each document has the predicted entities, and each gold span with its gold label, with other labels that are not
    negligible, and with the label ``O``. The score of the latter is the probability that no word of the span is in an
    entity. The entities overlap. Gold spans that cross the end of a sentence are left out.
    """
    for prediction in tagger.predict_many(documents):
        entities = (*_score_gold_entities(prediction, tagger.labels), *prediction.document.entities)
        unique = {(each.start, each.end, each.label): each for each in entities}
        yield prediction.document.with_entities(unique.values())


def _score_gold_entities(prediction: DocumentPrediction, labels: Sequence[str]) -> Iterator[Entity]:
    for entity in prediction.encoded.document.entities:
        for label in (OUTSIDE, *labels):
            score = prediction.probability(entity, label)
            if score is not None and (label in (OUTSIDE, entity.label) or score >= _MIN_PROBABILITY):
                yield prediction.document.entity(entity.start, entity.end, label, score=score)
