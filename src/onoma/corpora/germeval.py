"""Reader and writer of GermEval 2014 files, with two levels of nested entities.

The four tab-separated columns are number, word, outer tag and inner tag. Both levels become entities, which may
overlap. Each sentence is a document; the line ``#<TAB>source<TAB>[date]`` before it becomes ``meta["source"]`` and
``meta["date"]``.

Source: https://sites.google.com/site/germeval2014ner/data
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from onoma.corpora.blocks import SentenceBlock
from onoma.corpora.options import WriteOptions, chosen_scheme
from onoma.corpora.tagged import chunks_by_layer, compare_text, escape_word, tagged_sentences, written_tags
from onoma.corpora.tagged_reader import TaggedReader
from onoma.corpora.tally import WriteTally
from onoma.errors import CorpusError
from onoma.io.files import replacing
from onoma.io.lines import numbered_lines
from onoma.text import Document


class GermevalReader(TaggedReader):
    """Reader of one GermEval file."""

    def _parts(self) -> Iterator[SentenceBlock]:
        block = SentenceBlock(layers=([], []))
        for number, line in numbered_lines(self._path, encoding=self._options.encoding):
            fields = line.split("\t")
            if not line.strip(" \t"):
                if block.words:
                    yield block
                    block = SentenceBlock(layers=([], []))
            elif fields[0].startswith("#"):
                block.meta = _parse_comment(fields)
            elif len(fields) == 4:
                block.words.append(fields[1])
                block.lines.append(number)
                for tags, tag in zip(block.layers, fields[2:], strict=True):
                    tags.append(tag.strip(" "))
            else:
                message = (
                    f"{len(fields)} columns in {line!r}; "
                    "expected 4 separated by tabs: number, word, outer and inner tag"
                )
                raise CorpusError(message, path=self._path, line=number)
        if block.words:
            yield block


def write_germeval(documents: Iterable[Document], path: Path, options: WriteOptions, tally: WriteTally) -> None:
    """Write two levels of tags: the longest entities without overlap, then the longest of the others.

    Every sentence becomes a separate document; of ``meta``, only source and date are kept.

    Raises:
        CorpusError: the file cannot be written.
    """
    scheme = chosen_scheme(options.scheme)
    with replacing(path) as target:
        for document in documents:
            tally.begin(document)
            sentences = tagged_sentences(document, segment=options.segment, tally=tally)
            if len(sentences) != 1:
                tally.lose("a document of other than one sentence cannot be kept", f"{len(sentences)} sentences")
            comment = _format_comment(document)
            tally.lose_beyond(document, holds=frozenset(["words", "sentences", *(["meta"] if comment else [])]))
            compare_text(document, sentences, tally)
            for sentence in sentences:
                target.write(comment)
                layers = [
                    written_tags(chunks, length=len(sentence.words), scheme=scheme, tally=tally)
                    for chunks in chunks_by_layer(sentence, tally=tally, layers=2)
                ]
                for number, (word, outer, inner) in enumerate(zip(sentence.words, *layers, strict=True), start=1):
                    target.write(f"{number}\t{escape_word(word.text, tally)}\t{outer}\t{inner}\n")
                target.write("\n")


def _parse_comment(fields: list[str]) -> dict[str, object]:
    """Return the metadata in the comment before a sentence."""
    if len(fields) < 2 or fields[0] != "#":
        return {}
    date = fields[2].strip().removeprefix("[").removesuffix("]") if len(fields) > 2 else ""
    return {"source": fields[1], **({"date": date} if date else {})}


def _format_comment(document: Document) -> str:
    """Return the comment that holds the complete metadata of a document; empty if no comment can hold it."""
    meta = dict(document.meta)
    source, date = meta.pop("source", None), meta.pop("date", "")
    if meta or not isinstance(source, str) or not isinstance(date, str):
        return ""
    line = f"#\t{source}\t[{date}]\t"
    return line + "\n" if _parse_comment(line.split("\t")) == dict(document.meta) and "\n" not in line else ""
