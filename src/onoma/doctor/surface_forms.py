"""Surface forms of entities, as sequences of words: where they occur in documents, and with which labels."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from onoma.encoding import segment
from onoma.text import Document, Span, Word, words_touched

Form = tuple[str, ...]

NOTHING = ""
"""Label of an occurrence of a form that is not annotated."""


def words_of(document: Document) -> tuple[Word, ...]:
    """Return the words of a document, or those that its text is segmented into if it has none."""
    return document.words if document.words is not None else segment(document.text)


def odds(count_for: int, count_against: int) -> float:
    """Return the ratio of two counts, with 0.5 added to each (Haldane 1956, Anscombe 1956)."""
    return (count_for + 0.5) / (count_against + 0.5)


@dataclass(frozen=True, slots=True)
class Use:
    """An occurrence of a form: the document's position, the span in characters, and the label."""

    position: int
    span: Span
    label: str


class Forms:
    """Occurrences of all surface forms that are annotated as an entity somewhere in a corpus.

    Occurrences inside a longer entity are not counted, nor are entities that start or end inside a word.

    Args:
        documents: annotated documents.

    Attributes:
        uses: occurrences of each form.
        counts: number of occurrences of each form by label; unannotated ones are counted under ``NOTHING``.
    """

    def __init__(self, documents: Sequence[Document]) -> None:
        self._words = [words_of(document) for document in documents]
        self._starts = [[word.start for word in words] for words in self._words]
        self._ends = [[word.end for word in words] for words in self._words]
        self.uses: dict[Form, list[Use]] = defaultdict(list)
        chunks_by_document = [
            [
                (*self.words_at(position, entity), entity.label)
                for entity in document.entities
                if self._is_word_aligned(position, entity)
            ]
            for position, document in enumerate(documents)
        ]
        forms_by_first_word: dict[str, set[Form]] = defaultdict(set)
        for position, chunks in enumerate(chunks_by_document):
            for first, last, label in chunks:
                form = self._form(position, first, last)
                forms_by_first_word[form[0]].add(form)
                self._add(position, first, last, label)
        longest_first = {word: sorted(forms, key=len, reverse=True) for word, forms in forms_by_first_word.items()}
        for position, chunks in enumerate(chunks_by_document):
            self._add_unlabelled(position, chunks, longest_first)
        self.counts = {form: Counter(use.label for use in uses) for form, uses in self.uses.items()}

    def words_at(self, position: int, span: Span) -> tuple[int, int]:
        """Return the words of a document that a span touches, as a half-open range of word indices."""
        return words_touched(self._starts[position], self._ends[position], span.start, span.end)

    def count(self, position: int, span: Span, label: str) -> int:
        """Return how often the form of a document's span has a label, or ``NOTHING``, in all documents."""
        counts = self.counts.get(self._form(position, *self.words_at(position, span)))
        return 0 if counts is None else counts[label]

    def _is_word_aligned(self, position: int, span: Span) -> bool:
        """Return whether a span starts and ends at word boundaries of its document."""
        first, last = self.words_at(position, span)
        return (
            first < last and self._starts[position][first] == span.start and self._ends[position][last - 1] == span.end
        )

    def _form(self, position: int, first: int, last: int) -> Form:
        return tuple(word.text for word in self._words[position][first:last])

    def _add(self, position: int, first: int, last: int, label: str) -> None:
        words = self._words[position]
        span = Span(start=words[first].start, end=words[last - 1].end)
        self.uses[self._form(position, first, last)].append(Use(position, span, label))

    def _add_unlabelled(
        self, position: int, chunks: Sequence[tuple[int, int, str]], longest_first: dict[str, list[Form]]
    ) -> None:
        texts = [word.text for word in self._words[position]]
        covered = bytearray(len(texts))
        for first, last, _ in chunks:
            covered[first:last] = b"\1" * (last - first)
        for first, word in enumerate(texts):
            for form in longest_first.get(word, ()):
                last = first + len(form)
                if tuple(texts[first:last]) == form and not any(covered[first:last]):
                    covered[first:last] = b"\1" * len(form)
                    self._add(position, first, last, NOTHING)
                    break
