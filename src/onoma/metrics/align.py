"""Alignment of gold and predicted documents: their mentions in common coordinates.

Documents are paired in order. Where the texts agree, character offsets are compared directly. Where they differ, for
example because a submission lost its document boundaries, changed its line breaks or damaged its emoji, the given words
are counted and predicted entities are moved to the same words of the gold text. This module does not score matches.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from onoma.metrics.blocks import AlignedBlock, given_words, read_blocks
from onoma.text import Document, Entity, words_touched


class Mention(NamedTuple):
    """An entity to be scored.

    Attributes:
        start: offset of the first code point in the gold text.
        end: offset after the last code point.
        label: label of the entity.
        form: surface form: the gold text of the span, with every run of white space replaced by one blank.
    """

    start: int
    end: int
    label: str
    form: str


_ScoredMention = tuple[Mention, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aligned:
    """A gold document with the entities predicted for it.

    Attributes:
        document: the gold document.
        gold: its gold entities.
        predicted: predicted entities that begin in the document; one may end in the next document if the predicted
            document extends into it.
        scores: score of each entity in ``predicted``; None where the predictor gave none.
        base: offset of the document's text in the coordinates of the mentions.
        by_words: whether entities were aligned by the given words because the texts differ.
        respelled: number of words of the document that are spelled differently in the predicted document.
    """

    document: Document
    gold: tuple[Mention, ...]
    predicted: tuple[Mention, ...]
    scores: tuple[float | None, ...]
    base: int = 0
    by_words: bool = False
    respelled: int = 0


def align(gold: Iterable[Document], predicted: Iterable[Document]) -> Iterator[Aligned]:
    """Pair two streams of documents and yield one result for each gold document, in order.

    Streams are read ahead only as far as their document boundaries disagree. Entities of labels that the gold document
    leaves unannotated are dropped on both sides.

    Raises:
        InputError: the streams diverge; the message says where, and what each stream has there.
    """
    for block in read_blocks(gold, predicted):
        if block.respelled is None:
            ours, theirs = block.gold[0], block.predicted[0]
            gold_entities, predicted_entities = (
                [entity for entity in document.entities if entity.label not in ours.unannotated]
                for document in (ours, theirs)
            )
            yield Aligned(
                document=ours,
                gold=_build_mentions(ours.text, gold_entities),
                predicted=_build_mentions(ours.text, predicted_entities),
                scores=tuple(entity.score for entity in predicted_entities),
            )
        else:
            yield from _align_by_words(block, block.respelled)


def _build_mentions(text: str, entities: Iterable[Entity]) -> tuple[Mention, ...]:
    return tuple(_build_mention(text, entity.start, entity.end, entity.label) for entity in entities)


def _build_mention(text: str, start: int, end: int, label: str) -> Mention:
    return Mention(start, end, label, surface_form(text[start:end]))


def surface_form(text: str) -> str:
    """Return the surface form of a name, in which every run of white space is one blank."""
    return " ".join(text.split())


def _align_by_words(block: AlignedBlock, respelled: Sequence[int]) -> Iterator[Aligned]:
    text = "\n".join(document.text for document in block.gold)
    bases = list(accumulate((len(document.text) + 1 for document in block.gold), initial=0))
    spans = [
        (base + word.start, base + word.end)
        for base, document in zip(bases, block.gold, strict=False)
        for word in given_words(document) or ()
    ]
    respelled_counts = Counter(bisect_right(bases, spans[index][0]) for index in respelled)
    gold, predicted = (
        _group_by_document(_project_entities(text, documents, spans), bases)
        for documents in (block.gold, block.predicted)
    )
    for number, document in enumerate(block.gold, start=1):
        gold_mentions, predicted_mentions = (
            [(mention, score) for mention, score in mentions[number] if mention.label not in document.unannotated]
            for mentions in (gold, predicted)
        )
        yield Aligned(
            document=document,
            gold=tuple(mention for mention, _ in gold_mentions),
            predicted=tuple(mention for mention, _ in predicted_mentions),
            scores=tuple(score for _, score in predicted_mentions),
            base=bases[number - 1],
            by_words=True,
            respelled=respelled_counts[number],
        )


def _group_by_document(mentions: Iterable[_ScoredMention], bases: Sequence[int]) -> Mapping[int, list[_ScoredMention]]:
    """Group mentions by the document in which they begin, numbered from 1 within the block."""
    groups: dict[int, list[_ScoredMention]] = defaultdict(list)
    for mention, score in mentions:
        groups[bisect_right(bases, mention.start)].append((mention, score))
    return groups


def _project_entities(
    text: str, documents: Iterable[Document], spans: Sequence[tuple[int, int]]
) -> Iterator[_ScoredMention]:
    """Yield the entities of documents, moved to ``spans``, the positions of the documents' words in ``text``."""
    offset = 0
    for document in documents:
        words = given_words(document) or ()
        if document.entities:
            starts, ends = [word.start for word in words], [word.end for word in words]
            for entity in document.entities:
                first, stop = words_touched(starts, ends, entity.start, entity.end)
                last = stop - 1
                if first > last:
                    # The entity touches no word. It still counts, as an empty span at the end of the preceding word.
                    start = end = spans[offset + last][1] if offset + last >= 0 else 0
                else:
                    (start, first_end), (last_start, end) = spans[offset + first], spans[offset + last]
                    start = min(start + max(0, entity.start - starts[first]), first_end)
                    end = end if entity.end >= ends[last] else min(last_start + entity.end - starts[last], end)
                yield _build_mention(text, start, end, entity.label), entity.score
        offset += len(words)
