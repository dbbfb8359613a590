"""Base class for readers of records (JSON objects or table rows) with spans, or with tokens and tags.

Records without annotation are left out and counted: null records, and tasks that were skipped, cancelled or only
predicted.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from onoma.corpora.blocks import DocumentBoundary, DocumentBuilder, SentenceBlock
from onoma.corpora.layouts import (
    LABEL_KEYS,
    TEXT_KEYS,
    has_annotation,
    id_of,
    label_of,
    meta_of,
    spans_of,
)
from onoma.corpora.offset_units import Bounds, usual_unit
from onoma.corpora.options import ReadOptions, chosen_scheme
from onoma.corpora.span_notations import unread_keys
from onoma.corpora.spans import Annotated, bounds_of, build_document
from onoma.corpora.spelling import TagSpelling, is_number
from onoma.corpora.tag_names import tag_names_beside
from onoma.corpora.tag_transitions import TagTransitions
from onoma.corpora.tagged_records import TAG_KEYS, tags_of, tags_of_text
from onoma.corpora.tally import ReadTally
from onoma.corpora.token_spans import token_spans_of
from onoma.corpora.unannotated import unannotated
from onoma.corpora.unknown_annotation import check_unknown_annotation, count_unknown_annotation
from onoma.errors import CorpusError
from onoma.schemes import Scheme
from onoma.text import Document, Sentence


class RecordReader(ABC):
    """Base class for readers of one file of records; the layout of each record is detected from its keys."""

    def __init__(self, path: Path, options: ReadOptions) -> None:
        self.path = path
        self.options = options

    _label_key: str | None = None
    """Key of the label of a text; None for the default keys."""

    _tag_keys: Sequence[str] = TAG_KEYS
    """Keys of the tags of tokens; the first one that holds any is used."""

    @abstractmethod
    def records(self) -> Iterator[tuple[int, object]]:
        """Yield the records, each with its line or number."""

    @property
    def scheme(self) -> Scheme | None:
        """Tagging scheme of the records with tokens and tags; None if all records hold spans."""
        return self._first_pass[0]

    @cached_property
    def _first_pass(self) -> tuple[Scheme | None, TagSpelling]:
        if self.options.texts_only:
            return None, TagSpelling()
        transitions = TagTransitions()
        for block in self._tagged_blocks():
            transitions.add(block)
        if not transitions:
            return None, TagSpelling()
        names = self.options.tag_names or (tag_names_beside(self.path) if transitions.are_numbers else ())
        return transitions.result(self.options, names=names, path=self.path, blocks=self._tagged_blocks)

    @cached_property
    def _usual_unit(self) -> str:
        """Unit of the offsets that fits most records; those after an invalid one are not considered."""

        def spans_of_records() -> Iterator[tuple[str, list[Bounds]]]:
            with suppress(CorpusError):
                for _, record in self.records():
                    annotated = token_spans_of(record) or spans_of(record)
                    yield annotated.text, bounds_of(annotated)

        return usual_unit(spans_of_records())

    def _tagged_blocks(self) -> Iterator[SentenceBlock]:
        blocks = (self._parse_block(line, record) for line, record in self.records())
        return (block for block in blocks if block is not None)

    def documents(self, tally: ReadTally) -> Iterator[Document]:
        for line, record in self.records():
            document = self.document_of(record, line=line, tally=tally)
            if document is not None:
                yield document

    def document_of(self, record: object, *, line: int, tally: ReadTally) -> Document | None:
        """Return the document of a record; None if it is not annotated.

        Args:
            record: the record.
            line: its line or number.
            tally: counts adjustments and omissions.

        Raises:
            CorpusError: the record cannot be read.
            SchemeError: a tag is not in the scheme.
        """
        where = f"{self.path}:{line}"
        if not self._is_wanted(record, where=where, tally=tally):
            return None
        token_spans = token_spans_of(record)
        if token_spans is not None:
            tally.lines, tally.annotated = (line,), True
            return self._build_document(token_spans, where=where, tally=tally)
        block = self._parse_block(line, record)
        label = label_of(record, key=self._label_key) if self.options.labelled == "sentences" else None
        if label is not None and not self.options.texts_only:
            return self._build_labelled_document(block, record, label, line, tally)
        if block is not None:
            if not block.layers and self.options.labelled == "spans":
                self._check_keys(record, line)
            return self._build_tagged_document(block, record, tally)
        try:
            annotated = spans_of(record)
        except CorpusError as error:
            raise CorpusError(error.message, path=self.path, line=line) from None
        if self.options.labelled == "sentences" and not self.options.texts_only and not annotated.layers:
            keys = self._label_key or f"one of {', '.join(LABEL_KEYS)}"
            raise CorpusError(f"the text has no label; expected it under {keys}", path=self.path, line=line)
        if annotated.spans:
            count_unknown_annotation(annotated, record)
        else:
            self._check_keys(record, line)
        tally.lines = (line,)
        tally.annotated = tally.annotated or has_annotation(record)
        return self._build_document(annotated, where=where, tally=tally)

    def _build_document(self, annotated: Annotated, *, where: str, tally: ReadTally) -> Document:
        if self.options.texts_only:
            annotated = replace(annotated, spans=[], layers={}, unusable=[], left_out=[])
        return build_document(annotated, where=where, tally=tally, usual_unit=lambda: self._usual_unit)

    def _is_wanted(self, record: object, *, where: str, tally: ReadTally) -> bool:
        reason, what = unannotated(record)
        if not reason or (self.options.texts_only and record is not None and not what):
            return True
        tally.left_out.add(reason, where=where, what=what or id_of(record) or "no annotation")
        return False

    def _parse_block(self, line: int, record: object) -> SentenceBlock | None:
        wants_tags = not self.options.texts_only and self.options.labelled != "sentences"
        try:
            block = tags_of(record, line=line, keys=self._tag_keys)
            return tags_of_text(record, line=line, keys=self._tag_keys) if block is None and wants_tags else block
        except CorpusError as error:
            if not wants_tags:
                return tags_of(record, line=line, keys=())
            raise CorpusError(error.message, path=self.path, line=line) from None

    def _check_keys(self, record: object, line: int) -> None:
        """Check that a record without spans or tags under a known key does not hold some under another key."""
        if self.options.texts_only:
            return
        try:
            check_unknown_annotation(record)
        except CorpusError as error:
            raise CorpusError(error.message, path=self.path, line=line) from None

    def _build_labelled_document(
        self, block: SentenceBlock | None, record: object, label: str, line: int, tally: ReadTally
    ) -> Document:
        """Return a text with one label as a document of one sentence, all of which is an entity."""
        if block is None:
            try:
                document = Document(spans_of(record).text, id=id_of(record), meta=meta_of(record))
            except CorpusError as error:
                raise CorpusError(error.message, path=self.path, line=line) from None
        else:
            document = Document.from_words([block.words], id=id_of(record), meta=meta_of(record))
        if self.options.tag_names and is_number(label):
            label = _look_up_label(label, self.options.tag_names, path=self.path, line=line)
        if isinstance(record, dict):
            read = (*TEXT_KEYS, *LABEL_KEYS, self._label_key or "")
            tally.unread.update(unread_keys(record, read=read))
        tally.lines, end = (line,), len(document.text)
        document = replace(document, sentences=(Sentence(start=0, end=end),))
        return document.with_entities([document.entity(0, end, label)] if document.text.strip() else [])

    def _build_tagged_document(self, block: SentenceBlock, record: object, tally: ReadTally) -> Document:
        scheme, spelling = self._first_pass
        scheme = scheme or chosen_scheme("BIO")
        if block.layers:
            tally.scheme = scheme.name
        builder = DocumentBuilder(
            path=self.path,
            scheme=scheme,
            options=self.options,
            tally=tally,
            meta=meta_of(record),
            spelling=spelling,
        )
        (document,) = builder.documents([DocumentBoundary(id=id_of(record)), block], marked=True)
        return document


def _look_up_label(number: str, names: Sequence[str], *, path: Path, line: int) -> str:
    """Return the label that a number stands for."""
    if int(number) >= len(names):
        raise CorpusError(f"no label has the number {number}; there are {len(names)} names", path=path, line=line)
    return names[int(number)]
