"""A corpus that can be read any number of times as a stream of Documents, with counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from onoma.corpora.document_grouping import join_sentences
from onoma.corpora.options import AUTO, ReadOptions
from onoma.corpora.plausibility import check_plausible
from onoma.corpora.tally import ReadReport, ReadTally
from onoma.errors import CorpusError, SchemeError
from onoma.schemes import Scheme
from onoma.text import LONE_SURROGATE, Document


class DocumentReader(Protocol):
    """Interface of a format's reader for one path."""

    @property
    def scheme(self) -> Scheme | None:
        """Tagging scheme, given or detected from the whole file; None if the file has no tags."""

    def documents(self, tally: ReadTally) -> Iterator[Document]:
        """Yield the documents, and count repairs, adjustments and omissions."""


class CorpusReader:
    """A corpus to iterate over; each iteration reads the file again.

    Attributes:
        path: the file or folder.
        format: name of the format.
    """

    def __init__(
        self, path: Path, *, format: str, reader: DocumentReader, options: ReadOptions, advise: Callable[[], str]
    ) -> None:
        """Create a corpus that is read when it is iterated.

        Args:
            path, format: see above.
            reader: reader of the format for this path.
            options: the reader's options.
            advise: returns options that read a refused file; empty if there are none.
        """
        self.path = path
        self.format = format
        self._reader = reader
        self._options = options
        self._advise = advise
        self._unmatched_labels = set(options.labels)
        self._tally: ReadTally | None = None

    def __iter__(self) -> Iterator[Document]:
        """Yield the documents.

        Raises:
            CorpusError: the file cannot be read, has no documents, or is implausible; see ``plausibility``.
            SchemeError: a tag is not in the scheme, or, with ``strict``, the scheme does not allow it at its position.
        """
        for document, _ in self.placed():
            yield document

    def placed(self) -> Iterator[tuple[Document, tuple[int, ...]]]:
        """Yield each document with its line numbers: one for each word, or one for the whole document.

        The line numbers are empty if the format does not know them.

        Raises:
            CorpusError, SchemeError: as in iteration.
        """
        tally = self._tally = ReadTally.keeping(self._options.places)
        for document in map(self._annotated, self._documents(tally)):
            if self._options.replace_surrogates:
                document = self._replace_surrogates(document, tally)
            tally.count(document)
            yield document, tally.lines
        if not tally.documents:
            omitted = tally.report(forced=False).omitted
            omissions = [f"{reason}: {each.count:,}" for reason, each in omitted.items()]
            omission_note = f"; left out: {', '.join(omissions)}" if omissions else ""
            raise CorpusError(f"has no documents (read as {self.format}{omission_note})", path=self.path)
        tally.annotated = tally.annotated or tally.scheme is not None
        if self._options.labelled != "spans":
            tally.scheme = None
        check_plausible(tally, path=self.path, format=self.format, options=self._options, advise=self._advise)

    def _documents(self, tally: ReadTally) -> Iterator[Document]:
        """Yield the documents; if a tag is refused, the error suggests options that read the file, if there are any."""
        try:
            yield from self._grouped_documents(tally)
        except SchemeError as error:
            suggestion = "" if tally.documents or self._options.scheme is not None else self._advise()
            if not suggestion:
                raise
            message = f"{error.message}; or, if these are not tags, read the file with {suggestion}"
            raise SchemeError(message, path=error.path, line=error.line) from None

    def _grouped_documents(self, tally: ReadTally) -> Iterator[Document]:
        documents, options = self._reader.documents(tally), self._options
        if options.documents == AUTO:
            return documents
        return join_sentences(
            documents,
            unit=options.documents,
            path=self.path,
            format=self.format,
            encoding=options.encoding,
            tally=tally,
        )

    @property
    def scheme(self) -> Scheme | None:
        """Tagging scheme, given or detected from the whole file; None if the file has no tags."""
        return self._reader.scheme if self._options.labelled == "spans" else None

    @property
    def report(self) -> ReadReport:
        """Report of the last iteration so far; without one, the corpus is read completely first."""
        if self._tally is None:
            read_through(self)
        assert self._tally is not None
        return self._tally.report(forced=self._options.scheme is not None)

    def notices(self) -> list[str]:
        """Return messages on the format, the scheme, repairs and omissions; each message names the file."""
        report, notices = self.report, []
        if report.scheme is not None:
            origin = "as given" if report.scheme_forced else "detected"
            notices.append(f"{self.format}, tags in scheme {report.scheme} ({origin})")
        elif self.format == "text":
            notices.append("plain text, which has no annotation")
        unused_renamings = [
            f"no entity has the label {label!r}, so none was renamed" for label in sorted(self._unmatched_labels)
        ]
        unannotated_found = [
            f"{report.labels[label]:,} entities have the label {label!r}, which this file is said not to annotate"
            for label in sorted(self._options.unannotated & report.labels.keys())
        ]
        return [
            f"{self.path}: {notice}" for notice in [*notices, *unused_renamings, *unannotated_found, *report.notices()]
        ]

    def _replace_surrogates(self, document: Document, tally: ReadTally) -> Document:
        """Return the document with U+FFFD in place of each lone surrogate, which changes no offset."""
        match = LONE_SURROGATE.search(document.text)
        if match is None:
            return document
        where = f"{self.path}:{tally.lines[0]}" if tally.lines else str(self.path)
        tally.adjusted.add("half of a surrogate pair is read as U+FFFD", where=where, what=f"at {match.start() + 1}")
        return document.with_text(LONE_SURROGATE.sub("\ufffd", document.text))

    def _annotated(self, document: Document) -> Document:
        """Return the document with the entities or the selected layer relabelled, and its unannotated labels set."""
        names, unannotated, layer = self._options.labels, self._options.unannotated, self._options.layer
        if layer and document.layers:
            if layer not in document.layers:
                message = f"has no layer {layer!r}; its layers are {', '.join(sorted(document.layers))}"
                raise CorpusError(message, path=self.path)
            document = replace(document, entities=document.layers[layer])
        if not names:
            return replace(document, unannotated=unannotated) if unannotated else document
        self._unmatched_labels.difference_update(entity.label for entity in document.entities)
        entities = (replace(entity, label=names.get(entity.label, entity.label)) for entity in document.entities)
        return replace(document, entities=tuple(entity for entity in entities if entity.label), unannotated=unannotated)


def read_through(reading: CorpusReader) -> ReadTally:
    """Read a corpus completely and return its tally.

    Raises:
        CorpusError, SchemeError: as in iteration.
    """
    for _ in reading:
        pass
    assert reading._tally is not None
    return reading._tally
