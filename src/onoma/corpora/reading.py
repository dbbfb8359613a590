"""One corpus that is read as a stream of Documents, any number of times, with counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from onoma.corpora.joining import joined
from onoma.corpora.options import AUTO, ReadOptions
from onoma.corpora.plausibility import check_plausible
from onoma.corpora.tally import ReadReport, ReadTally
from onoma.errors import CorpusError, SchemeError
from onoma.schemes import Scheme
from onoma.text import HALF_PAIR, Document


class DocumentReader(Protocol):
    """What a format's reader does, over one path."""

    @property
    def scheme(self) -> Scheme | None:
        """The tagging scheme, forced or detected from the whole file; None where the file has no tags."""

    def documents(self, tally: ReadTally) -> Iterator[Document]:
        """Stream the documents and count what had to be repaired, adjusted or left out."""


class Reading:
    """A corpus to iterate over; each iteration reads the file again.

    Attributes:
        path: the file or folder.
        format: the format's name.
    """

    def __init__(
        self, path: Path, *, format: str, reader: DocumentReader, options: ReadOptions, advise: Callable[[], str]
    ) -> None:
        """A corpus that is read when it is iterated.

        Args:
            path, format: see above.
            reader: the format's reader of this path.
            options: with which it reads.
            advise: finds the options that read a refused file; empty where it finds none.
        """
        self.path = path
        self.format = format
        self._reader = reader
        self._options = options
        self._advise = advise
        self._unnamed = set(options.labels)
        self._tally: ReadTally | None = None

    def __iter__(self) -> Iterator[Document]:
        """Stream the documents.

        Raises:
            CorpusError: the file cannot be read, has no documents, or makes no sense; see ``plausibility``.
            SchemeError: a tag that the scheme does not know, or in strict reading one where it does not allow it.
        """
        for document, _ in self.placed():
            yield document

    def placed(self) -> Iterator[tuple[Document, tuple[int, ...]]]:
        """Stream the documents, each with its lines in the file: one for each word, or one for the whole document.

        There are none where the format does not know them.

        Raises:
            CorpusError, SchemeError: as iteration does.
        """
        tally = self._tally = ReadTally.keeping(self._options.places)
        for document in map(self._relabelled, self._documents(tally)):
            if self._options.replace_surrogates:
                document = self._without_surrogates(document, tally)
            tally.count(document)
            yield document, tally.lines
        if not tally.documents:
            found = [f"{reason}: {each.count:,}" for reason, each in tally.unusable.frozen().items()]
            why = f"; left out: {', '.join(found)}" if found else ""
            raise CorpusError(f"has no documents (read as {self.format}{why})", path=self.path)
        tally.annotated = tally.annotated or tally.scheme is not None
        if self._options.labelled != "spans":
            tally.scheme = None
        check_plausible(tally, path=self.path, format=self.format, options=self._options, advise=self._advise)

    def _documents(self, tally: ReadTally) -> Iterator[Document]:
        """What the reader reads; where it refuses a tag, the error names the column that has better ones, if any."""
        try:
            yield from self._joined(tally)
        except SchemeError as error:
            working = "" if tally.documents or self._options.scheme is not None else self._advise()
            if not working:
                raise
            message = f"{error.message}; or, if these are no tags, read the file with {working}"
            raise SchemeError(message, path=error.path, line=error.line) from None

    def _joined(self, tally: ReadTally) -> Iterator[Document]:
        documents, options = self._reader.documents(tally), self._options
        if options.documents == AUTO:
            return documents
        return joined(
            documents,
            unit=options.documents,
            path=self.path,
            format=self.format,
            encoding=options.encoding,
            tally=tally,
        )

    @property
    def scheme(self) -> Scheme | None:
        """The tagging scheme, forced or detected from the whole file; None where the file has no tags."""
        return self._reader.scheme if self._options.labelled == "spans" else None

    @property
    def report(self) -> ReadReport:
        """What the last iteration came to so far; where there was none the corpus is read through first."""
        if self._tally is None:
            read_through(self)
        assert self._tally is not None
        return self._tally.report(forced=self._options.scheme is not None)

    def notices(self) -> list[str]:
        """What the corpus was read as, and what had to be repaired or left out; each names the file."""
        report, notices = self.report, []
        if report.scheme is not None:
            how = "as given" if report.scheme_forced else "detected"
            notices.append(f"{self.format}, tags in scheme {report.scheme} ({how})")
        unnamed = [f"no entity has the label {label!r}, so none was renamed" for label in sorted(self._unnamed)]
        found = [
            f"{report.labels[label]:,} entities have the label {label!r}, which this file is said not to annotate"
            for label in sorted(self._options.unannotated & report.labels.keys())
        ]
        return [f"{self.path}: {notice}" for notice in [*notices, *unnamed, *found, *report.notices()]]

    def _without_surrogates(self, document: Document, tally: ReadTally) -> Document:
        """The document with U+FFFD for each half of a surrogate pair, which changes no offset."""
        found = HALF_PAIR.search(document.text)
        if found is None:
            return document
        where = f"{self.path}:{tally.lines[0]}" if tally.lines else str(self.path)
        tally.adjusted.add("half of a surrogate pair is read as U+FFFD", where=where, what=f"at {found.start() + 1}")
        return document.with_text(HALF_PAIR.sub("\ufffd", document.text))

    def _relabelled(self, document: Document) -> Document:
        """The document with its entities, or the layer that is wanted, under new labels, and what it lacks."""
        names, unannotated = self._options.labels, self._options.unannotated
        if self._options.layer in document.layers:
            document = replace(document, entities=document.layers[self._options.layer])
        if not names:
            return replace(document, unannotated=unannotated) if unannotated else document
        self._unnamed.difference_update(entity.label for entity in document.entities)
        entities = (replace(entity, label=names.get(entity.label, entity.label)) for entity in document.entities)
        return replace(document, entities=tuple(entity for entity in entities if entity.label), unannotated=unannotated)


def read_through(reading: Reading) -> ReadTally:
    """Read a corpus to its end, and say what that came to.

    Raises:
        CorpusError, SchemeError: as iteration does.
    """
    for _ in reading:
        pass
    assert reading._tally is not None
    return reading._tally
