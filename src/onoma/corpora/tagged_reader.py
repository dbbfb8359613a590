"""Base class for readers of files with tags.

A first pass detects the scheme, the spelling and document marks; a second pass yields the documents.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from onoma.corpora.blocks import DocumentBoundary, DocumentBuilder, SentenceBlock
from onoma.corpora.options import ReadOptions
from onoma.corpora.spelling import TagSpelling
from onoma.corpora.tag_transitions import TagTransitions
from onoma.corpora.tally import ReadTally
from onoma.schemes import Scheme
from onoma.text import Document


class TaggedReader(ABC):
    """Base class for readers of one file in which every word has tags."""

    def __init__(self, path: Path, options: ReadOptions) -> None:
        self._path = path
        self._options = options

    @abstractmethod
    def _parts(self) -> Iterator[SentenceBlock | DocumentBoundary]:
        """Yield the sentences and document marks of the file, in order."""

    @property
    def scheme(self) -> Scheme | None:
        """Tagging scheme, given or detected from the whole file."""
        return self._first_pass[0]

    def documents(self, tally: ReadTally) -> Iterator[Document]:
        """Yield the documents, and count repairs, adjustments and omissions."""
        scheme, spelling, marked = self._first_pass
        tally.scheme = scheme.name
        builder = DocumentBuilder(
            path=self._path, scheme=scheme, options=self._options, tally=tally, meta={}, spelling=spelling
        )
        return builder.documents(self._parts(), marked=marked)

    @cached_property
    def _first_pass(self) -> tuple[Scheme, TagSpelling, bool]:
        """Scheme, spelling of the tags, and whether there are document marks."""
        transitions, marked = TagTransitions(), False
        for part in self._parts():
            if isinstance(part, SentenceBlock):
                transitions.add(part)
            else:
                marked = True
        return *transitions.result(self._options, path=self._path, blocks=self._parts), marked
