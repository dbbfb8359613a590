"""Reader and writer of raw text: one document per file, or one document per non-blank line.

The text of a file keeps its line endings; the text of a line does not include its line ending. Names that are marked
in the text itself, as in ``<PER>Ada</PER>``, are not read as annotation, and counted as unusable.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from onoma.corpora.options import WriteOptions
from onoma.corpora.schemeless import SchemelessReader
from onoma.corpora.tally import ReadTally, WriteTally
from onoma.io.files import replacing
from onoma.io.lines import numbered_lines, whole_text
from onoma.text import Document

_MARKED_NAMES = (
    re.compile(r"<([A-Za-z][\w:.-]*)(?:\s[^<>]*)?>[^<>]{1,80}</\1>"),  # XML, MUC
    re.compile(r"<START:[^<>\s]+>[^<>]{1,80}<END>"),  # OpenNLP
    re.compile(r"\[[^\[\]\n]{1,80}\]\([A-Za-z_]+\)"),  # Rasa
    re.compile(r"\w[/_][BI]-[A-Za-z_]+(?=\s)"),
)


class TextReader(SchemelessReader):
    """Reader of one file of raw text."""

    def documents(self, tally: ReadTally) -> Iterator[Document]:
        patterns = () if self._options.texts_only else _MARKED_NAMES
        for document, where in self._texts():
            for pattern in patterns:
                for match in pattern.finditer(document.text):
                    tally.unusable.add("the name is marked in the text itself", where=where, what=match[0])
            yield document

    def _texts(self) -> Iterator[tuple[Document, str]]:
        """Yield the documents and their places."""
        encoding = self._options.encoding
        if self._options.text_unit == "line":
            for number, line in numbered_lines(self._path, encoding=encoding):
                if line.strip():
                    yield Document(line, id=str(number)), f"{self._path}:{number}"
        elif text := whole_text(self._path, encoding=encoding):
            yield Document(text, id=self._path.stem), str(self._path)


def write_text(documents: Iterable[Document], path: Path, options: WriteOptions, tally: WriteTally) -> None:
    """Write the text of each document as one line; line feeds in it become spaces.

    Raises:
        CorpusError: the file cannot be written.
    """
    del options
    with replacing(path) as target:
        for document in documents:
            tally.begin(document)
            tally.lose_beyond(document, holds=frozenset())
            for entity in document.entities:
                tally.lose("entities cannot be kept", f"{entity.text} {entity.label}")
            line = document.text.replace("\n", " ").removesuffix("\r")
            if line != document.text:
                tally.lose("line ends in the text are written as blanks", repr(document.text[:60]))
            if not line.strip():
                tally.lose("a document without text cannot be kept", repr(line))
            else:
                target.write(line + "\n")
