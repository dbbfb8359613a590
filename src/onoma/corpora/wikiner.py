"""Reader of WikiNER files and of those of the C&C tools: a sentence a line, of ``word|part of speech|tag``.

Parts of speech are not read. Each sentence is a document.

Sources: https://doi.org/10.6084/m9.figshare.5462500, Nothman et al. 2013; Curran and Clark 2003
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from onoma.corpora.blocks import SentenceBlock
from onoma.corpora.spelling import is_tag
from onoma.corpora.tagged_reader import TaggedReader
from onoma.errors import CorpusError
from onoma.io.lines import numbered_lines

_SEPARATOR = "|"


def is_wikiner(lines: Sequence[str]) -> bool:
    """Return whether each of some non-blank lines consists of words with a part of speech and a tag."""
    return all(len(fields) == 3 and is_tag(fields[2]) for line in lines for fields in map(_split, line.split()))


class WikinerReader(TaggedReader):
    """Reader of one WikiNER file."""

    def _parts(self) -> Iterator[SentenceBlock]:
        for number, line in numbered_lines(self._path, encoding=self._options.encoding):
            tags: list[str] = []
            block = SentenceBlock(layers=(tags,))
            for item in line.split():
                fields = _split(item)
                if len(fields) != 3:
                    message = f"{item!r} has {len(fields)} parts; expected word|part of speech|tag"
                    raise CorpusError(message, path=self._path, line=number)
                block.words.append(fields[0])
                block.lines.append(number)
                tags.append(fields[2])
            if block.words:
                block.unread["part of speech"] += len(block.words)
                yield block


def _split(item: str) -> list[str]:
    """Return word, part of speech and tag; the word may contain the separator."""
    return item.rsplit(_SEPARATOR, 2)
