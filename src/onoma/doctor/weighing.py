"""Documents with the probability of each span that they have, in addition to what a tagger predicts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from onoma.schemes import OUTSIDE
from onoma.tagger import DocumentPrediction, Tagger
from onoma.text import Document, Entity

_LEAST = 0.01
"""Probability below which another label for a gold span is left out."""


def weigh_gold(tagger: Tagger, documents: Iterable[Document]) -> Iterator[Document]:
    """Tag documents, and give the entities that they have their probabilities.

    A document comes back with what is predicted, and with each gold span under its own label, under other labels where
    they are not negligible, and under the label ``O`` with the probability that no word of the span is in any entity.
    The entities overlap. A gold span that crosses the end of a sentence is left out.
    """
    for read in tagger.read_many(documents):
        entities = (*_weighed(read, tagger.labels), *read.document.entities)
        unique = {(each.start, each.end, each.label): each for each in entities}
        yield read.document.with_entities(unique.values())


def _weighed(read: DocumentPrediction, labels: Sequence[str]) -> Iterator[Entity]:
    for entity in read.encoded.document.entities:
        for label in (OUTSIDE, *labels):
            score = read.probability(entity, label)
            if score is not None and (label in (OUTSIDE, entity.label) or score >= _LEAST):
                yield read.document.entity(entity.start, entity.end, label, score=score)
