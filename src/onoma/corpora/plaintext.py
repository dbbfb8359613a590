"""Reader and writer of raw text: one document per file, or one document per non-blank line.

The text of a file keeps its line endings; the text of a line does not include its line ending.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from onoma.corpora.options import WriteOptions
from onoma.corpora.schemeless import SchemelessReader
from onoma.corpora.tally import ReadTally, WriteTally
from onoma.io.files import replacing
from onoma.io.lines import numbered_lines, whole_text
from onoma.text import Document


class TextReader(SchemelessReader):
    """Reader of one file of raw text."""

    def documents(self, tally: ReadTally) -> Iterator[Document]:
        del tally
        encoding = self._options.encoding
        if self._options.text_unit == "line":
            for number, line in numbered_lines(self._path, encoding=encoding):
                if line.strip():
                    yield Document(line, id=str(number))
        elif text := whole_text(self._path, encoding=encoding):
            yield Document(text, id=self._path.stem)


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
