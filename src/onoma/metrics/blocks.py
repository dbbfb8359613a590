"""Grouping of documents into blocks: the shortest runs of documents with the same words in gold and predicted.

Words are matched by position. A few may be spelled differently, for example in a submission with damaged emoji. Streams
with different words are rejected at the first word where they differ, and so are streams in which most words differ, as
in files with the same sentences in another order. This module does not handle entities.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from unicodedata import normalize

from onoma.errors import InputError
from onoma.text import Document, Word

LONGEST_RESPELLED_RUN = 10
"""Maximum number of consecutive words that may be spelled differently before they count as different words.

If a single gold document corresponds to a single predicted document, all but one of its words may be spelled
differently, because teams have submitted predictions on text that they had normalised. In other blocks, and in all
documents together, at most half of the words may be.
"""

_ADVICE = (
    "both must hold the same words in the same order; predict over exactly the gold's words, "
    "with none dropped, added or cut off at an encoder's limit"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignedBlock:
    """Gold and predicted documents with the same words.

    Attributes:
        gold: gold documents; exactly one, with exactly one predicted document, if the texts agree.
        predicted: predicted documents.
        respelled: indices of words that are spelled differently, counted through the block; None if the texts agree and
            words were not compared.
    """

    gold: tuple[Document, ...]
    predicted: tuple[Document, ...]
    respelled: tuple[int, ...] | None = None


def read_blocks(gold: Iterable[Document], predicted: Iterable[Document]) -> Iterator[AlignedBlock]:
    """Yield the blocks of two streams of documents, reading ahead only as far as their document boundaries disagree.

    Raises:
        InputError: the streams diverge; the message says where, and what each stream has there.
    """
    left, right = _DocumentStream("gold", iter(gold)), _DocumentStream("predicted", iter(predicted))
    words = respelled_words = 0
    first_difference = ""
    while any([left.read(), right.read()]):
        respelled = None if left.texts == right.texts else tuple(_read_words(left, right))
        words += sum(len(given_words(document) or ()) for document in left.documents)
        if respelled:
            respelled_words += len(respelled)
            first_difference = first_difference or _describe_difference(left, right, respelled[0])
        yield AlignedBlock(gold=tuple(left.documents), predicted=tuple(right.documents), respelled=respelled)
        left.close()
        right.close()
    if 2 * respelled_words > words:
        raise InputError(f"most words of gold and predicted differ ({respelled_words} of {words}); {first_difference}")


def given_words(document: Document) -> Sequence[Word] | None:
    """Return the given words of a document: empty if the text is empty, None if the text has no given words."""
    return () if document.words is None and not document.text.strip() else document.words


class _DocumentStream:
    """A stream of documents: the documents and words of its current block, and the number of documents before it."""

    def __init__(self, name: str, stream: Iterator[Document]) -> None:
        self.name = name
        self.stream = stream
        self.before = 0
        self.documents: list[Document] = []
        self.words: list[str] = []
        self.filled = 0

    @property
    def texts(self) -> list[str]:
        return [document.text for document in self.documents]

    def read(self) -> bool:
        document = next(self.stream, None)
        if document is None:
            return False
        self.documents.append(document)
        return True

    def fill(self) -> bool:
        """Collect the words of the documents read so far; return False if a document has no given words."""
        for document in self.documents[self.filled :]:
            words = given_words(document)
            if words is None:
                return False
            self.words.extend(word.text for word in words)
            self.filled += 1
        return True

    def close(self) -> None:
        self.before += len(self.documents)
        self.documents = []
        self.words = []
        self.filled = 0

    def describe(self, index: int) -> str:
        """Describe a word of the block, given its index: its text, and its position in its document, counted from 1."""
        for number, document in enumerate(self.documents, start=self.before + 1):
            words = given_words(document) or ()
            if index < len(words):
                return f"{self.name} has {words[index].text!r} as word {index + 1} of {_describe(document, number)}"
            index -= len(words)
        return f"{self.name} has ended"


def _read_words(left: _DocumentStream, right: _DocumentStream) -> list[int]:
    """Read until both sides have the same number of words; return the indices of words that are spelled differently."""
    while True:
        if not (left.fill() and right.fill()):
            raise InputError(_describe_text_difference(left, right))
        if len(left.words) == len(right.words):
            break
        if not (left if len(left.words) < len(right.words) else right).read():
            break
    pairs = zip(left.words, right.words, strict=False)
    differing = [index for index, (ours, theirs) in enumerate(pairs) if ours != theirs]
    same_bounds = len(left.documents) == len(right.documents) == 1
    max_run = max(LONGEST_RESPELLED_RUN, len(left.words) - 1) if same_bounds else LONGEST_RESPELLED_RUN
    position = _find_divergence(left.words, right.words, differing, max_run=max_run)
    if position is None and len(left.words) != len(right.words):
        position = min(len(left.words), len(right.words))
    if position is None and not same_bounds and 2 * len(differing) > len(left.words):
        position = differing[0]
    if position is not None:
        raise InputError(f"gold and predicted differ: {_describe_difference(left, right, position)}")
    return differing


def _describe_difference(left: _DocumentStream, right: _DocumentStream, position: int) -> str:
    return f"{left.describe(position)}, {right.describe(position)}; {_ADVICE}"


def _find_divergence(
    ours: Sequence[str], theirs: Sequence[str], differing: Sequence[int], *, max_run: int
) -> int | None:
    """Return the index of the first word from which the two sides have different words, not just different spellings.

    That is the start of a run in which too many consecutive words differ, or in which two consecutive words appear one
    position later on the other side. Return None if there is no such run.
    """
    run_start = previous = -2
    for index in differing:
        run_start = index if index != previous + 1 else run_start
        previous = index
        if index - run_start >= max_run:
            return run_start
        pair = slice(index - 1, index + 1)
        ahead = slice(index, index + 2)
        if index > run_start and (theirs[pair] == ours[ahead] or ours[pair] == theirs[ahead]):
            return run_start
    return None


def _describe_text_difference(left: _DocumentStream, right: _DocumentStream) -> str:
    advice = "documents without given words must have exactly the gold's text, in the same order"
    if len(left.documents) == len(right.documents) == 1:
        ours, theirs = left.documents[0], right.documents[0]
        position = next(index for index, (one, two) in enumerate(zip_longest(ours.text, theirs.text)) if one != two)
        excerpt = slice(position, position + 20)
        if normalize("NFC", ours.text) == normalize("NFC", theirs.text):
            advice = f"only in Unicode normalization, such as NFC and NFD; {advice}"
        return (
            f"gold and predicted differ at character {position} of {_describe(ours, left.before + 1)}: "
            f"gold has {ours.text[excerpt]!r}, predicted has {theirs.text[excerpt]!r}; {advice}"
        )
    side, other = (right, left) if left.fill() else (left, right)
    location = _describe(side.documents[-1], side.before + len(side.documents))
    state = "has other bounds there" if other.documents else "has ended"
    return f"{side.name} has no given words in {location} to be aligned by, and {other.name} {state}; {advice}"


def _describe(document: Document, number: int) -> str:
    return f"document {number} ({document.id!r})" if document.id else f"document {number}"
