"""Subword ids of text on disk: tokenized once, then read as memory maps.

A section (a document, or a part of a long one) is either training text or held-out text. A hash of its text decides
which, so that the same text is never in both.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from onoma.counting import counted
from onoma.engine.cache import cached_arrays
from onoma.io.digest import code_digest
from onoma.pretraining.text import Section

LONGEST_SENTENCE = 128
"""Maximum number of subwords in a sentence; a longer sentence is stored as several."""

_SECTIONS_PER_BATCH = 256
"""Number of sections that are tokenized together."""

_READING_MODULES = tuple(
    f"pretraining/{name}.py" for name in ("blocks", "text_format", "sentences", "text", "tokenized")
)
_CODE_DEPENDENCIES = ("io", "text", "corpora", "encoding", *_READING_MODULES)


@dataclass(frozen=True, slots=True, eq=False)
class TokenizedText:
    """Concatenated subword ids of documents; the arrays may be memory maps.

    Attributes:
        ids: subword ids of all sentences, without special tokens, ``[subwords]``.
        sentences: offset in ``ids`` at which each sentence begins, and the end of the last one, ``[sentences + 1]``.
        documents: index of the first sentence of each document, and the end of the last one, ``[documents + 1]``.
    """

    ids: NDArray[np.unsignedinteger[Any]]
    sentences: NDArray[np.int64]
    documents: NDArray[np.int64]

    @property
    def subwords(self) -> int:
        """Number of subwords in all sentences."""
        return len(self.ids)

    def document_of(self, subword: int) -> int:
        """Return the index of the document that contains the subword at a position."""
        sentence = np.searchsorted(self.sentences, subword, side="right") - 1
        return int(np.searchsorted(self.documents, sentence, side="right")) - 1

    @property
    def pairable(self) -> int:
        """Number of documents with at least two sentences, from which pairs can be made."""
        return int((np.diff(self.documents) > 1).sum())


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """The text, divided into training text and held-out text.

    Attributes:
        train: training text.
        held_out: held-out text for evaluation; ``train`` contains no section of it.
        notices: messages from reading the text.
    """

    train: TokenizedText
    held_out: TokenizedText
    notices: tuple[str, ...]


Read = Callable[[Callable[[str], object]], Iterator[Section]]
"""Function that starts reading sections; its argument is called with messages about the reading."""


def tokenize(
    tokenizer: Tokenizer,
    read: Read,
    *,
    key: Mapping[str, object],
    share: float,
    read_held_out: Read | None = None,
    notice: Callable[[str], object],
    progressed: Callable[[int], object] = lambda _: None,
) -> Split:
    """Tokenize text, or load it from the cache if it has been tokenized before.

    Args:
        tokenizer: tokenizer that makes the subwords.
        read: function that reads the text.
        key: everything that determines the output of ``read``, as JSON values; part of the cache key.
        share: share of the sections that is held out, chosen by a hash of their text; not used with ``read_held_out``.
        read_held_out: function that reads separate held-out text, if there is any; sections that are in both texts are
            left out of the training text.
        notice: called with messages to the user.
        progressed: called regularly with the number of subwords so far.
    """
    dtype = np.dtype(np.uint16 if tokenizer.get_vocab_size() <= 2**16 else np.uint32)
    columns = {
        f"{side}_{name}": kind
        for side in ("train", "held_out")
        for name, kind in (("ids", dtype), ("sentences", np.dtype(np.int64)), ("documents", np.dtype(np.int64)))
    }
    notices: list[str] = []

    def build() -> Generator[Mapping[str, NDArray[np.generic]], None, str]:
        notices.clear()
        held_out_fingerprints: set[bytes] = set()
        duplicates = 0
        writers = {"train": _Writer("train"), "held_out": _Writer("held_out")}
        if read_held_out is not None:
            for group in _tokenize_sections(tokenizer, read_held_out(notices.append)):
                held_out_fingerprints.update(fingerprint(each.section) for each in group)
                yield writers["held_out"].write(group)
        for group in _tokenize_sections(tokenizer, read(notices.append)):
            training: list[_TokenizedSection] = []
            held_out: list[_TokenizedSection] = []
            for each in group:
                if read_held_out is None:
                    (held_out if is_held_out(each.section, share=share) else training).append(each)
                elif fingerprint(each.section) in held_out_fingerprints:
                    duplicates += 1
                else:
                    training.append(each)
            yield writers["held_out"].write(held_out)
            yield writers["train"].write(training)
            progressed(sum(writer.subwords for writer in writers.values()))
        for writer in writers.values():
            yield writer.end()
        if duplicates:
            notices.append(f"{counted(duplicates, 'document')} of the text also held out, and left out of training")
        return json.dumps(notices)

    cache_key = {
        **key,
        "tokenizer": hashlib.sha256(tokenizer.to_str().encode()).hexdigest(),
        "share": share,
        "longest": LONGEST_SENTENCE,
        "code": code_digest(_CODE_DEPENDENCIES),
        "tokenizers": version("tokenizers"),
    }
    cached = cached_arrays(
        json.dumps(cache_key, sort_keys=True, default=str), columns=columns, build=build, notice=notice
    )
    messages = tuple(json.loads(cached.facts))
    for text in messages:
        notice(text)
    return Split(_make_text(cached.arrays, "train"), _make_text(cached.arrays, "held_out"), messages)


def is_held_out(section: Section, *, share: float) -> bool:
    """Return whether a section is held out, which a hash of its text decides."""
    return int.from_bytes(fingerprint(section)) < share * 2**64


def fingerprint(section: Section) -> bytes:
    """Return an eight-byte hash of a section's text that ignores case and whitespace."""
    text = " ".join(" ".join(section.sentences).casefold().split())
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()


@dataclass(frozen=True, slots=True)
class _TokenizedSection:
    """A section with its index in the stream and the subword ids of its sentences."""

    number: int
    section: Section
    sentences: list[list[int]]


def _tokenize_sections(tokenizer: Tokenizer, sections: Iterable[Section]) -> Iterator[list[_TokenizedSection]]:
    """Tokenize sections in groups; a special token such as ``[MASK]`` that is written in the text is plain text."""
    tokenizer = Tokenizer.from_str(tokenizer.to_str())
    tokenizer.encode_special_tokens = True
    stream = enumerate(sections)
    while group := list(islice(stream, _SECTIONS_PER_BATCH)):
        sentences = [sentence for _, section in group for sentence in section.sentences]
        encodings = iter(tokenizer.encode_batch_fast(sentences, add_special_tokens=False))
        yield [
            _TokenizedSection(number, section, [next(encodings).ids for _ in section.sentences])
            for number, section in group
        ]


class _Writer:
    """Converter of tokenized sections into values to append to the arrays of a side, train or held out."""

    def __init__(self, side: str) -> None:
        self._side = side
        self.subwords = self._sentences = 0
        self._last_number = -1

    def write(self, sections: Sequence[_TokenizedSection]) -> dict[str, NDArray[np.generic]]:
        ids: list[int] = []
        starts: list[int] = []
        documents: list[int] = []
        for each in sections:
            if (
                not (each.section.continues and each.number == self._last_number + 1)
                or self._sentences + len(starts) == 0
            ):
                documents.append(self._sentences + len(starts))
            self._last_number = each.number
            for sentence in each.sentences:
                for cut in range(0, len(sentence), LONGEST_SENTENCE):
                    starts.append(self.subwords + len(ids))
                    ids += sentence[cut : cut + LONGEST_SENTENCE]
        self.subwords += len(ids)
        self._sentences += len(starts)
        return self._make_columns(ids=ids, sentences=starts, documents=documents)

    def end(self) -> dict[str, NDArray[np.generic]]:
        """Return the ends of the last sentence and of the last document."""
        return self._make_columns(ids=[], sentences=[self.subwords], documents=[self._sentences])

    def _make_columns(self, **columns: list[int]) -> dict[str, NDArray[np.generic]]:
        return {f"{self._side}_{name}": np.array(values, dtype=np.int64) for name, values in columns.items()}


def _make_text(arrays: Mapping[str, NDArray[Any]], side: str) -> TokenizedText:
    documents = arrays[f"{side}_documents"]
    return TokenizedText(
        arrays[f"{side}_ids"], arrays[f"{side}_sentences"], documents[np.r_[np.diff(documents) > 0, True]]
    )
