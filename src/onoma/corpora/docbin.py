"""Reader of spaCy's DocBin files (``.spacy``) that does not need spaCy.

The file is zlib-compressed MessagePack: a table of numbers with one row per word, the strings that the numbers stand
for, and groups of spans. The entities of a document are those of ``doc.ents``. If these were never set, they are the
spans of the group ``sc``, on which spaCy's span categoriser is trained, or else of the first group. Words that consist
of whitespace are not words of the Document.

Source: https://spacy.io/api/docbin
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import msgspec
import numpy as np
from numpy.typing import NDArray

from onoma.corpora.schemeless import SchemelessReader
from onoma.corpora.spacy_strings import strings_by_number
from onoma.corpora.tally import ReadTally
from onoma.errors import CorpusError
from onoma.text import Document, Entity, Sentence, Word

_ORTH, _ENT_IOB, _ENT_TYPE, _SENT_START = 65, 77, 78, 80
_UNREAD_ATTRIBUTES = {73: "lemmas", 74: "parts of speech", 75: "tags", 76: "dependencies"}
_MISSING, _INSIDE, _BEGIN = 0, 1, 3
_SENTENCE_BEGIN = 1
_SPAN_STRUCT = struct.Struct(">QQQllll")
_DEFAULT_SPAN_GROUP = "sc"

TokenSpan = tuple[int, int, str]
"""Index of the first word, index after the last word, and label."""


class _Contents(msgspec.Struct):
    """Contents of a file, limited to the fields that are read."""

    attrs: list[int]
    tokens: bytes
    spaces: bytes
    lengths: bytes
    strings: list[str]
    span_groups: list[bytes] = []
    flags: list[dict[str, object]] = []


class _Group(msgspec.Struct):
    """A named group of spans."""

    name: str
    spans: list[bytes]


@dataclass(frozen=True, slots=True)
class _Row:
    """A document as stored in the file.

    Attributes:
        columns: one value per word, by attribute.
        spaces: for each word, whether a space follows it.
        groups: serialized groups of spans.
    """

    columns: Mapping[int, NDArray[np.uint64]]
    spaces: Sequence[bool]
    groups: bytes


class DocBinReader(SchemelessReader):
    """Reader of one DocBin file."""

    def documents(self, tally: ReadTally) -> Iterator[Document]:
        contents = self._load_contents()
        strings = strings_by_number(contents.strings)
        for number, row in enumerate(self._iter_rows(contents), start=1):
            where = f"{self._path}:{number}"
            try:
                document = self._build_document(row, strings, where=where, tally=tally)
            except (ValueError, LookupError, struct.error):
                raise CorpusError(f"document {number} of this DocBin is damaged", path=self._path) from None
            tally.lines = (number,)
            if document is not None:
                yield document

    def _load_contents(self) -> _Contents:
        try:
            return msgspec.msgpack.decode(zlib.decompress(self._path.read_bytes()), type=_Contents)
        except OSError as error:
            raise CorpusError(f"cannot be read: {error.strerror}", path=self._path) from None
        except (zlib.error, msgspec.DecodeError, UnicodeDecodeError) as error:
            message = f"is not a DocBin of spaCy 3, or is damaged ({error}); write it again with DocBin.to_disk"
            raise CorpusError(message, path=self._path) from None

    def _iter_rows(self, contents: _Contents) -> Iterator[_Row]:
        try:
            lengths = np.frombuffer(contents.lengths, dtype="<i4").tolist()
            table = np.frombuffer(contents.tokens, dtype="<u8").reshape(sum(lengths), len(contents.attrs))
            spaces = np.frombuffer(contents.spaces, dtype=bool).reshape(sum(lengths))
        except ValueError:
            raise CorpusError("is damaged: its table has another size than it says", path=self._path) from None
        if _ORTH not in contents.attrs or min(lengths, default=0) < 0:
            raise CorpusError("is not a DocBin of spaCy 3: it has no words", path=self._path)
        for number, (start, end) in enumerate(pairwise(accumulate(lengths, initial=0))):
            flags = contents.flags[number] if number < len(contents.flags) else {}
            unknown = flags.get("has_unknown_spaces") is True
            yield _Row(
                {attribute: table[start:end, column] for column, attribute in enumerate(contents.attrs)},
                [True] * (end - start) if unknown else spaces[start:end].tolist(),
                contents.span_groups[number] if number < len(contents.span_groups) else b"",
            )

    def _build_document(
        self, row: _Row, strings: Mapping[int, str], *, where: str, tally: ReadTally
    ) -> Document | None:
        """Return the document of a row; None if it is not annotated and annotations are wanted."""
        words = [strings[number] for number in row.columns[_ORTH].tolist()]
        bounds: list[tuple[int, int]] = []
        text = ""
        for word, space in zip(words, row.spaces, strict=True):
            bounds.append((len(text), len(text) + len(word)))
            text += word + " " * space
        tags = row.columns[_ENT_IOB].tolist() if _ENT_IOB in row.columns else [_MISSING] * len(words)
        groups = _decode_groups(row.groups, strings, words=len(words))
        spans: list[TokenSpan]
        if any(tag != _MISSING for tag in tags):
            spans = _decode_entities(tags, [strings[number] for number in row.columns[_ENT_TYPE].tolist()])
        elif groups:
            name = _DEFAULT_SPAN_GROUP if _DEFAULT_SPAN_GROUP in groups else next(iter(groups))
            spans = groups.pop(name)
        elif words and not self._options.texts_only:
            tally.left_out.add("the document is not annotated", where=where, what=text[:60])
            return None
        else:
            spans = []
        for name, others in groups.items():
            for first, last, label in others:
                what = f"{text[bounds[first][0] : bounds[last - 1][1]]} {label}"
                tally.left_out.add(f"the span is of the group {name!r}, which is not read", where=where, what=what)
        tally.annotated = True
        for attribute, name in _UNREAD_ATTRIBUTES.items():
            if attribute in row.columns and (count := np.count_nonzero(row.columns[attribute])):
                tally.unread[name] += int(count)
        document = Document(
            text,
            words=tuple(
                Word(start=start, end=end, text=word)
                for word, (start, end) in zip(words, bounds, strict=True)
                if word.strip()
            ),
            sentences=_decode_sentences(row, bounds),
        )
        entities: list[Entity] = []
        for first, last, label in spans:
            start, end = bounds[first][0], bounds[last - 1][1]
            if label:
                entities.append(document.entity(start, end, label))
            else:
                tally.unusable.add("the span has no label", where=where, what=text[start:end])
        return document.with_entities(entities)


def _decode_entities(tags: Sequence[int], labels: Sequence[str]) -> list[TokenSpan]:
    """Return the entities of ``doc.ents``, without unlabelled ones, which only mark that there must be no entity."""
    entities: list[TokenSpan] = []
    first: int | None = None
    for position, tag in enumerate([*tags, _MISSING]):
        if first is not None and tag != _INSIDE:
            entities.append((first, position, labels[first]))
            first = None
        if tag == _BEGIN and labels[position]:
            first = position
    return entities


def _decode_groups(packed: bytes, strings: Mapping[int, str], *, words: int) -> dict[str, list[TokenSpan]]:
    """Return the non-empty span groups by name.

    The file maps each group to its names; old versions have only a list of groups.

    Raises:
        ValueError, LookupError, struct.error: the groups are damaged.
    """
    if not packed:
        return {}
    stored_groups = msgspec.msgpack.decode(packed, type=dict[bytes, list[str]] | list[bytes])
    groups: dict[str, list[TokenSpan]] = {}
    for packed_group in stored_groups:
        group = msgspec.msgpack.decode(packed_group, type=_Group)
        spans = [_SPAN_STRUCT.unpack(span)[2:5] for span in group.spans]
        if not all(0 <= first < end <= words for _, first, end in spans):
            raise ValueError(f"a span of the group {group.name!r} covers no words")
        for name in (stored_groups[packed_group] if isinstance(stored_groups, dict) else [group.name]) if spans else ():
            groups[name] = [(first, end, strings[label]) for label, first, end in spans]
    return groups


def _decode_sentences(row: _Row, bounds: Sequence[tuple[int, int]]) -> tuple[Sentence, ...] | None:
    """Return the sentences; None if sentence boundaries are not set for every word."""
    marks = row.columns[_SENT_START].tolist() if _SENT_START in row.columns else []
    if not marks or _MISSING in marks[1:]:
        return None
    boundaries = [
        0,
        *(position for position, mark in enumerate(marks) if position and mark == _SENTENCE_BEGIN),
        len(bounds),
    ]
    return tuple(Sentence(start=bounds[first][0], end=bounds[last - 1][1]) for first, last in pairwise(boundaries))
