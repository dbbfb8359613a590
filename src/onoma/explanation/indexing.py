"""Computation of the mentions and vectors of an index from annotated documents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from onoma.encoding import Encoded, Windower
from onoma.errors import InputError
from onoma.explanation.evidence import TrainingMention
from onoma.explanation.passage import Passage, words_at
from onoma.explanation.states import span_vectors
from onoma.models import Model
from onoma.text import Document, Entity

_DOCUMENTS_PER_GROUP = 256

_MAX_CONTEXT_CHARACTERS = 200
"""Maximum number of characters of context on either side of a mention."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IndexResult:
    """Mentions and their vectors.

    Attributes:
        mentions: mentions in the order of the documents.
        vectors: vectors of length 1, ``[mentions, hidden]``.
        left_out: number of entities that do not fit into a window or cross the end of a sentence.
    """

    mentions: tuple[TrainingMention, ...]
    vectors: NDArray[np.float32]
    left_out: int


def index_documents(documents: Iterable[Document], *, model: Model, windower: Windower) -> IndexResult:
    """Compute the vectors of all gold entities.

    Raises:
        InputError: there are no entities to index.
    """
    mentions: list[TrainingMention] = []
    vectors: list[NDArray[np.float32]] = []
    left_out = 0
    documents = iter(documents)
    while group := list(islice(documents, _DOCUMENTS_PER_GROUP)):
        passages: list[Passage] = []
        for encoded in windower.encode(group):
            for entity in encoded.document.entities:
                try:
                    passages.append(Passage.of(windower, encoded, *words_at(encoded, entity.start, entity.end)))
                except InputError:
                    left_out += 1
                else:
                    mentions.append(_build_mention(encoded, entity, passages[-1]))
        vectors.append(span_vectors(model, passages))
    if not mentions:
        raise InputError("the documents have no entities to index; check --format and --tag-column")
    return IndexResult(mentions=tuple(mentions), vectors=np.concatenate(vectors), left_out=left_out)


def _build_mention(encoded: Encoded, entity: Entity, passage: Passage) -> TrainingMention:
    document = encoded.document
    first, last = passage.sentence
    start = max(passage.words[first].start, entity.start - _MAX_CONTEXT_CHARACTERS)
    end = min(passage.words[last - 1].end, entity.end + _MAX_CONTEXT_CHARACTERS)
    start, end = min(start, entity.start), max(end, entity.end)
    return TrainingMention(
        label=entity.label,
        text=entity.text,
        context=document.text[start:end],
        start=entity.start - start,
        end=entity.end - start,
        document=document.id,
    )
