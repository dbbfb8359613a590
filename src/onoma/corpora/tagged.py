"""Conversion of Documents to sentences of words with chunks, for the writers of formats with tags.

If a document gives no words, a segmenter splits its text. If it gives no sentences, a sentence ends at each line feed
outside an entity. An entity that does not begin and end at word boundaries is widened to the words it touches.
Everything that is lost or changed is counted. This module does not know how a file represents its content.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from onoma.corpora.options import Segment
from onoma.corpora.tally import WriteTally
from onoma.schemes import Chunk, Scheme, decode_tags, encode_tags
from onoma.text import Document, Entity, Sentence, Word, words_touched


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggedSentence:
    """The words of a sentence, and its entities as chunks of these words, which may overlap."""

    sentence: Sentence
    words: tuple[Word, ...]
    chunks: tuple[Chunk, ...]


def tagged_sentences(document: Document, *, segment: Segment, tally: WriteTally) -> list[TaggedSentence]:
    """Split a document into sentences and align its entities with their words; sentences without words are left out."""
    words = document.words if document.words is not None else tuple(segment(document.text))
    aligned = list(_align_entities(document.entities, words, tally))
    groups = (
        _group_by_line(document, words, aligned)
        if document.sentences is None
        else _group_by_sentence(document.sentences, words)
    )
    group_starts = [first for first, _, _ in groups]
    group_chunks: list[dict[Chunk, None]] = [{} for _ in groups]
    for chunk, entity in aligned:
        index = bisect_right(group_starts, chunk.start) - 1
        first, end, _ = groups[index]
        local_chunk = Chunk(chunk.start - first, chunk.end - first, chunk.label)
        if chunk.end > end:
            tally.lose("the entity reaches across sentences", _format_entity(entity))
        elif local_chunk in group_chunks[index]:
            tally.lose("the entity is annotated twice", _format_entity(entity))
        else:
            group_chunks[index][local_chunk] = None
    wordless_count = len(document.sentences or ()) - len(groups)
    for _ in range(wordless_count):
        tally.lose("a sentence without words cannot be kept", "")
    return [
        TaggedSentence(sentence=sentence, words=words[first:end], chunks=tuple(chunks))
        for (first, end, sentence), chunks in zip(groups, group_chunks, strict=True)
    ]


def chunks_by_layer(sentence: TaggedSentence, *, tally: WriteTally, layers: int = 1) -> list[list[Chunk]]:
    """Return the chunks of each of ``layers`` layers of tags, without overlap within a layer.

    Of overlapping chunks, the longest is placed first, then the leftmost. Chunks that fit in no layer are counted as
    lost.
    """
    result: list[list[Chunk]] = []
    remaining = list(sentence.chunks)
    for _ in range(layers):
        kept, remaining = split_longest(remaining)
        result.append(kept)
        for chunk in kept:
            tally.wrote(chunk.label)
    for chunk in remaining:
        text = " ".join(word.text for word in sentence.words[chunk.start : chunk.end])
        tally.lose("the entity overlaps a longer one", f"{text} {chunk.label}")
    return result


def split_longest(chunks: Iterable[Chunk]) -> tuple[list[Chunk], list[Chunk]]:
    """Split chunks into the longest ones without overlap, and the others.

    >>> split_longest([Chunk(0, 3, "ORG"), Chunk(2, 3, "LOC")])
    ([Chunk(start=0, end=3, label='ORG')], [Chunk(start=2, end=3, label='LOC')])
    """
    kept: list[Chunk] = []
    remaining: list[Chunk] = []
    covered: set[int] = set()
    for chunk in sorted(chunks, key=lambda chunk: (chunk.start - chunk.end, chunk.start)):
        positions = range(chunk.start, chunk.end)
        if covered.isdisjoint(positions):
            covered.update(positions)
            kept.append(chunk)
        else:
            remaining.append(chunk)
    return sorted(kept), remaining


def written_tags(chunks: Sequence[Chunk], *, length: int, scheme: Scheme, tally: WriteTally) -> list[str]:
    """Return chunks without overlap as tags, and count a loss if decoding the tags does not restore the chunks."""
    tags = encode_tags(chunks, length=length, scheme=scheme)
    if chunks and decode_tags(tags, scheme).chunks != tuple(chunks):
        labels = " ".join(chunk.label for chunk in chunks)
        tally.lose(f"touching entities of one label read back as one in scheme {scheme.name}", labels)
    return tags


def escape_word(word: str, tally: WriteTally) -> str:
    """Return a word as a column can hold it, with spaces for tabs, line feeds and NUL."""
    escaped = word.replace("\t", " ").replace("\n", " ").replace("\0", " ")
    if escaped != word:
        tally.lose("tabs, line feeds and NUL in a word are written as blanks", repr(word))
    return escaped


def compare_text(document: Document, sentences: Iterable[TaggedSentence], tally: WriteTally) -> None:
    """Count a document whose text cannot be rebuilt from its words alone."""
    if Document.from_words([[word.text for word in sentence.words] for sentence in sentences]).text != document.text:
        tally.lose("white space cannot be kept as it was", repr(document.text[:60]))


def _align_entities(
    entities: Sequence[Entity], words: Sequence[Word], tally: WriteTally
) -> Iterator[tuple[Chunk, Entity]]:
    """Yield the entities, each with its chunk of the document's words."""
    starts, ends = [word.start for word in words], [word.end for word in words]
    for entity in entities:
        first, end = words_touched(starts, ends, entity.start, entity.end)
        label = " ".join(entity.label.split())
        if first >= end or entity.start == entity.end:
            tally.lose("the entity covers no word", _format_entity(entity))
        elif not label:
            tally.lose("the entity has no label", _format_entity(entity))
        else:
            if (starts[first], ends[end - 1]) != (entity.start, entity.end):
                tally.lose("the entity is not on word bounds; widened to whole words", _format_entity(entity))
            if label != entity.label:
                tally.lose("white space in the label is written as one blank", repr(entity.label))
            yield Chunk(first, end, label), entity


def _group_by_sentence(sentences: Sequence[Sentence], words: Sequence[Word]) -> list[tuple[int, int, Sentence]]:
    """Group words by sentence; a word belongs to the last sentence that begins at or before it."""
    starts = [sentence.start for sentence in sentences]
    sentence_indices = [max(0, bisect_right(starts, word.start) - 1) for word in words] if starts else []
    groups: list[tuple[int, int, Sentence]] = []
    first = 0
    for position in range(1, len(words) + 1):
        if position == len(words) or sentence_indices[position] != sentence_indices[first]:
            groups.append((first, position, sentences[sentence_indices[first]]))
            first = position
    return groups


def _group_by_line(
    document: Document, words: Sequence[Word], aligned: Iterable[tuple[Chunk, Entity]]
) -> list[tuple[int, int, Sentence]]:
    """Group words by the lines of the text, without splitting a chunk."""
    inside_chunks = {position for chunk, _ in aligned for position in range(chunk.start + 1, chunk.end)}
    groups: list[tuple[int, int, Sentence]] = []
    first = 0
    for position in range(1, len(words) + 1):
        is_last = position == len(words)
        previous = words[position - 1]
        if is_last or (position not in inside_chunks and "\n" in document.text[previous.end : words[position].start]):
            groups.append((first, position, Sentence(start=words[first].start, end=previous.end)))
            first = position
    return groups


def _format_entity(entity: Entity) -> str:
    return f"{entity.text} {entity.label}"
