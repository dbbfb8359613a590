"""Writer of CoNLL-U and UNER files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from onoma.corpora.blocks import align
from onoma.corpora.layer_columns import LayerCells, layer_cells
from onoma.corpora.options import WriteOptions, chosen_scheme
from onoma.corpora.tagged import TaggedSentence, chunks_by_layer, escape_word, tagged_sentences, written_tags
from onoma.corpora.tally import WriteTally
from onoma.io.files import replacing
from onoma.schemes import OUTSIDE
from onoma.text import Document


def write_conllu(documents: Iterable[Document], path: Path, options: WriteOptions, tally: WriteTally) -> None:
    """Write ten columns with entities in MISC, or the five columns of UNER if the path ends in ``.iob2``.

    Each document has a ``# newdoc`` comment, each sentence a ``# text`` comment. Of overlapping entities, the longest
    is kept. The layers ``upos`` (or ``pos``) and ``xpos`` have their own columns; for others see :mod:`.layer_columns`.

    Raises:
        CorpusError: the file cannot be written.
    """
    scheme = chosen_scheme(options.scheme)
    uner = path.suffix.lower() == ".iob2"
    with replacing(path) as target:
        for document in documents:
            tally.begin(document)
            sentences = tagged_sentences(document, segment=options.segment, tally=tally)
            paragraphs = _paragraph_names(document, len(sentences))
            written_parts = ["id", "words", "sentences", "sentence ids", *([] if uner else ["layers"])]
            tally.lose_beyond(document, holds=frozenset([*written_parts, *(["meta"] if paragraphs else [])]))
            cells = (
                layer_cells(document, sentences, kinds=options.layers, tally=tally)
                if document.layers and not uner
                else None
            )
            id = _to_single_line(document.id, tally)
            target.write(f"# newdoc id = {id}\n" if id else "# newdoc\n")
            texts: list[str] = []
            for position, sentence in enumerate(sentences):
                if position in paragraphs:
                    name = paragraphs[position]
                    target.write(f"# newpar id = {name}\n" if name else "# newpar\n")
                if name := _to_single_line(sentence.sentence.id, tally):
                    target.write(f"# sent_id = {name}\n")
                words = [escape_word(word.text, tally) for word in sentence.words]
                texts.append(_sentence_text(document, sentence, words))
                target.write(f"# text = {texts[-1]}\n")
                sentence_cells = LayerCells.empty(len(words)) if cells is None else cells[position]
                if not uner:
                    target.writelines(f"{comment}\n" for comment in sentence_cells.comments)
                [chunks] = chunks_by_layer(sentence, tally=tally)
                if not uner:
                    for chunk in chunks:
                        if "|" in chunk.label:
                            tally.lose("'|' in the label is written as '/'", chunk.label)
                    chunks = [chunk._replace(label=chunk.label.replace("|", "/")) for chunk in chunks]
                tags = written_tags(chunks, length=len(words), scheme=scheme, tally=tally)
                for number, (word, tag) in enumerate(zip(words, tags, strict=True), start=1):
                    no_space_after = (
                        number < len(words) and sentence.words[number - 1].end == sentence.words[number].start
                    )
                    columns = (
                        f"{tag}\t-\t-"
                        if uner
                        else _format_columns(tag, sentence_cells, number - 1, no_space_after=no_space_after)
                    )
                    target.write(f"{number}\t{word}\t{columns}\n")
                target.write("\n")
            if "\n".join(texts) != document.text:
                tally.lose("white space cannot be kept as it was", repr(document.text[:60]))


def _format_columns(tag: str, cells: LayerCells, word_index: int, *, no_space_after: bool) -> str:
    """Return the eight columns after the word, joined by tabs."""
    entity = [f"Entity={tag}"] if tag != OUTSIDE else []
    misc = [*entity, *cells.misc[word_index], *(["SpaceAfter=No"] if no_space_after else [])]
    return "\t".join([*cells.columns[word_index], "|".join(misc) or "_"])


def _sentence_text(document: Document, sentence: TaggedSentence, words: list[str]) -> str:
    """Return the text of a sentence on one line, rebuilt from the words if the sentence span does not contain them."""
    bounds = sentence.sentence
    text = document.text[bounds.start : bounds.end].replace("\n", " ").removesuffix("\r")
    return " ".join(words) if align(words, text) is None else text


def _to_single_line(value: str, tally: WriteTally) -> str:
    single_line = value.replace("\n", " ").removesuffix("\r")
    if single_line != value:
        tally.lose("line ends in a name are written as blanks", repr(value))
    return single_line


def _paragraph_names(document: Document, sentences: int) -> dict[int, str]:
    """Return the paragraph names of ``meta["newpar"]`` by sentence index.

    The result is empty if ``meta`` contains anything else or the names cannot be written.
    """
    pairs = document.meta.get("newpar")
    if len(document.meta) != 1 or not isinstance(pairs, list):
        return {}
    names: dict[int, str] = {}
    for pair in pairs:
        match pair:
            case [int(position), str(name)] if 0 <= position < sentences and "\n" not in name and name[-1:] != "\r":
                names[position] = name
            case _:
                return {}
    return names
