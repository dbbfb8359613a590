"""Sections of text to subword ids on disk: tokenized once, read as memory maps ever after.

A document is on one side only, train or held out. Which one is decided by its own text, so that the same text is never
on both.
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

from onoma.engine.cache import cached_arrays
from onoma.io.digest import code_digest
from onoma.pretraining.text import Section

LONGEST_SENTENCE = 128
"""Subwords; a longer sentence is stored as several."""

_AT_ONCE = 256
"""Sections that are tokenized together."""

_READING = tuple(f"pretraining/{name}.py" for name in ("blocks", "recognition", "sentences", "text", "tokenized"))
_CODE = ("io", "text", "corpora", "encoding", *_READING)


@dataclass(frozen=True, slots=True, eq=False)
class TokenizedText:
    """Subword ids of documents, one after the other; the arrays may be memory maps.

    Attributes:
        ids: of all sentences, without special tokens, ``[subwords]``.
        sentences: where each sentence begins in ``ids``, and the end of the last, ``[sentences + 1]``.
        documents: where each document begins in ``sentences``, and the end of the last, ``[documents + 1]``.
    """

    ids: NDArray[np.unsignedinteger[Any]]
    sentences: NDArray[np.int64]
    documents: NDArray[np.int64]

    @property
    def subwords(self) -> int:
        """Subwords of all sentences."""
        return len(self.ids)

    def document_of(self, subword: int) -> int:
        """The number of the document that a subword belongs to."""
        sentence = np.searchsorted(self.sentences, subword, side="right") - 1
        return int(np.searchsorted(self.documents, sentence, side="right")) - 1

    @property
    def pairable(self) -> int:
        """Documents that have two sentences or more, of which pairs can be made."""
        return int((np.diff(self.documents) > 1).sum())


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """The text in two.

    Attributes:
        train: to learn from.
        held_out: to measure on; no document of it is in ``train``.
        notices: what reading had to say.
    """

    train: TokenizedText
    held_out: TokenizedText
    notices: tuple[str, ...]


Read = Callable[[Callable[[str], object]], Iterator[Section]]
"""Begins to read sections; what had to be fixed is handed to the function given."""


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
    """Tokenize text, or find it tokenized.

    Args:
        tokenizer: makes the subwords.
        read: the text.
        key: everything that decides what ``read`` gives, as JSON takes it.
        share: of the documents, by chance, that is held out; not used where ``read_held_out`` is given.
        read_held_out: what is held out, if that is text of its own; documents that both have are left out of train.
        notice: called with what the user should know.
        progressed: called every so often with the subwords so far.
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
        known: set[bytes] = set()
        both = 0
        sides = {"train": _Writer("train"), "held_out": _Writer("held_out")}
        if read_held_out is not None:
            for some in _tokenized(tokenizer, read_held_out(notices.append)):
                known.update(fingerprint(each.section) for each in some)
                yield sides["held_out"].write(some)
        for some in _tokenized(tokenizer, read(notices.append)):
            mine: list[_Tokenized] = []
            held_out: list[_Tokenized] = []
            for each in some:
                if read_held_out is None:
                    (held_out if is_held_out(each.section, share=share) else mine).append(each)
                elif fingerprint(each.section) in known:
                    both += 1
                else:
                    mine.append(each)
            yield sides["held_out"].write(held_out)
            yield sides["train"].write(mine)
            progressed(sum(side.subwords for side in sides.values()))
        for side in sides.values():
            yield side.end()
        if both:
            notices.append(f"{both:,} documents of the text are held out as well, and left out of training")
        return json.dumps(notices)

    parts = {
        **key,
        "tokenizer": hashlib.sha256(tokenizer.to_str().encode()).hexdigest(),
        "share": share,
        "longest": LONGEST_SENTENCE,
        "code": code_digest(_CODE),
        "tokenizers": version("tokenizers"),
    }
    found = cached_arrays(json.dumps(parts, sort_keys=True, default=str), columns=columns, build=build, notice=notice)
    said = tuple(json.loads(found.facts))
    for text in said:
        notice(text)
    return Split(_text(found.arrays, "train"), _text(found.arrays, "held_out"), said)


def is_held_out(section: Section, *, share: float) -> bool:
    """Whether a part of a document is held out, as its own text decides."""
    return int.from_bytes(fingerprint(section)) < share * 2**64


def fingerprint(section: Section) -> bytes:
    """Eight bytes of a text, whatever its capitals and blanks."""
    text = " ".join(" ".join(section.sentences).casefold().split())
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()


@dataclass(frozen=True, slots=True)
class _Tokenized:
    """A section, its number, and the subword ids of its sentences."""

    number: int
    section: Section
    sentences: list[list[int]]


def _tokenized(tokenizer: Tokenizer, sections: Iterable[Section]) -> Iterator[list[_Tokenized]]:
    """Tokenize some sections at a time; a ``[MASK]`` that somebody wrote is no mask."""
    tokenizer = Tokenizer.from_str(tokenizer.to_str())
    tokenizer.encode_special_tokens = True
    stream = enumerate(sections)
    while some := list(islice(stream, _AT_ONCE)):
        sentences = [sentence for _, section in some for sentence in section.sentences]
        encodings = iter(tokenizer.encode_batch_fast(sentences, add_special_tokens=False))
        yield [
            _Tokenized(number, section, [next(encodings).ids for _ in section.sentences]) for number, section in some
        ]


class _Writer:
    """Turns tokenized sections into what is to be appended to the three arrays of a side."""

    def __init__(self, side: str) -> None:
        self._side = side
        self.subwords = self._sentences = 0
        self._last = -1

    def write(self, sections: Sequence[_Tokenized]) -> dict[str, NDArray[np.generic]]:
        ids: list[int] = []
        starts: list[int] = []
        documents: list[int] = []
        for each in sections:
            if not (each.section.continues and each.number == self._last + 1) or self._sentences + len(starts) == 0:
                documents.append(self._sentences + len(starts))
            self._last = each.number
            for sentence in each.sentences:
                for cut in range(0, len(sentence), LONGEST_SENTENCE):
                    starts.append(self.subwords + len(ids))
                    ids += sentence[cut : cut + LONGEST_SENTENCE]
        self.subwords += len(ids)
        self._sentences += len(starts)
        return self._named(ids=ids, sentences=starts, documents=documents)

    def end(self) -> dict[str, NDArray[np.generic]]:
        """The ends of the last sentence and of the last document."""
        return self._named(ids=[], sentences=[self.subwords], documents=[self._sentences])

    def _named(self, **columns: list[int]) -> dict[str, NDArray[np.generic]]:
        return {f"{self._side}_{name}": np.array(values, dtype=np.int64) for name, values in columns.items()}


def _text(arrays: Mapping[str, NDArray[Any]], side: str) -> TokenizedText:
    documents = arrays[f"{side}_documents"]
    return TokenizedText(
        arrays[f"{side}_ids"], arrays[f"{side}_sentences"], documents[np.r_[np.diff(documents) > 0, True]]
    )
