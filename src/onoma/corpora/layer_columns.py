"""Conversion of the layers of a document to CoNLL-U cells: in columns, in MISC, and in comments.

The label of a single word is one cell. Spans of several words become BIO tags. The label of a sentence becomes a
comment.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from onoma.corpora.options import Labelled
from onoma.corpora.tagged import TaggedSentence, split_longest
from onoma.corpora.tally import WriteTally
from onoma.schemes import OUTSIDE, SCHEMES, Chunk, encode_tags
from onoma.text import Document, Entity, Span, words_touched

_LAYER_NAME = re.compile(r"[^\W\d][\w.-]*")
_RESERVED_NAMES: Mapping[Labelled, frozenset[str]] = {
    "spans": frozenset(["Entity", "NER", "NE", "SpaceAfter"]),
    "words": frozenset(["Entity", "NER", "NE", "SpaceAfter"]),
    "sentences": frozenset(["text", "sent_id", "newdoc", "newpar"]),
}
_COLUMN_INDICES = {"upos": 1, "pos": 1, "xpos": 2}


@dataclass(slots=True)
class LayerCells:
    """Cells and comments for the layers of one sentence.

    Attributes:
        columns: for each word, its cells from LEMMA to DEPS.
        misc: for each word, its attributes in MISC.
        comments: comment lines before the words.
    """

    columns: list[list[str]]
    misc: list[list[str]]
    comments: list[str] = field(default_factory=list)

    @classmethod
    def empty(cls, words: int) -> LayerCells:
        """Return the cells of a sentence without layers."""
        return cls([["_"] * 7 for _ in range(words)], [[] for _ in range(words)])


def layer_cells(
    document: Document, sentences: Sequence[TaggedSentence], *, kinds: Mapping[str, Labelled], tally: WriteTally
) -> list[LayerCells]:
    """Return the cells of each sentence.

    Args:
        document: the document with its layers.
        sentences: its sentences as they are written.
        kinds: for each layer name, what its spans label; for other layers this is detected from the spans.
        tally: counts what cannot be represented.
    """
    cells = [LayerCells.empty(len(sentence.words)) for sentence in sentences]
    used_columns: set[int] = set()
    for name, spans in document.layers.items():
        kind = kinds.get(name) or _detect_kind(spans, sentences)
        if not _LAYER_NAME.fullmatch(name) or name in _RESERVED_NAMES[kind]:
            tally.lose("a layer cannot be kept under this name", repr(name))
            continue
        column = _COLUMN_INDICES.get(name) if kind == "words" else None
        if column in used_columns:
            column = None
        if column is not None:
            used_columns.add(column)
        layer = _Layer(spans)
        for sentence_cells, sentence in zip(cells, sentences, strict=True):
            if kind == "sentences":
                label = layer.label_at(sentence.words[0])
                sentence_cells.comments += [f"# {name} = {_normalize_whitespace(label)}"] if label else []
                continue
            labels = [layer.label_at(word) for word in sentence.words] if kind == "words" else layer.tags(sentence)
            for word_index, label in enumerate(labels):
                if label and column is not None:
                    sentence_cells.columns[word_index][column] = _normalize_whitespace(label)
                elif label:
                    sentence_cells.misc[word_index].append(f"{name}={_normalize_whitespace(label).replace('|', '/')}")
    return cells


class _Layer:
    """Spans of a layer, with lookup by position."""

    def __init__(self, spans: Sequence[Entity]) -> None:
        self._spans = sorted(spans, key=lambda span: (span.start, span.end))
        self._ends = [span.end for span in self._spans]
        if self._ends != sorted(self._ends):
            self._ends = []

    def label_at(self, place: Span) -> str:
        """Return the label of the first span that overlaps a word; empty if there is none."""
        if self._ends:
            index = bisect_right(self._ends, place.start)
            candidates = self._spans[index : index + 1]
        else:
            candidates = [span for span in self._spans if span.overlaps(place)][:1]
        return candidates[0].label if candidates and candidates[0].overlaps(place) else ""

    def tags(self, sentence: TaggedSentence) -> list[str]:
        """Return BIO tags, empty for words in no span; of overlapping spans, the longest is used."""
        starts, ends = [word.start for word in sentence.words], [word.end for word in sentence.words]
        word_ranges = [(words_touched(starts, ends, span.start, span.end), span.label) for span in self._spans]
        chunks = [Chunk(first, last, label) for (first, last), label in word_ranges if first < last]
        tags = encode_tags(split_longest(chunks)[0], length=len(starts), scheme=SCHEMES["BIO"])
        return ["" if tag == OUTSIDE else tag for tag in tags]


def _detect_kind(spans: Sequence[Entity], sentences: Sequence[TaggedSentence]) -> Labelled:
    """Detect what the spans of a layer label: single words, whole sentences, or other spans."""
    words = [word for sentence in sentences for word in sentence.words]
    starts, ends = [word.start for word in words], [word.end for word in words]
    word_ranges = [words_touched(starts, ends, span.start, span.end) for span in spans]
    if all(last - first <= 1 for first, last in word_ranges):
        return "words"
    bounds: set[tuple[int, int]] = set()
    first = 0
    for sentence in sentences:
        bounds.add((first, first + len(sentence.words)))
        first += len(sentence.words)
    return "sentences" if bounds.issuperset(word_ranges) else "spans"


def _normalize_whitespace(label: str) -> str:
    """Return a label with whitespace normalised, so that it fits in one cell."""
    return " ".join(label.split())
