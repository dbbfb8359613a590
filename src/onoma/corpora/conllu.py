"""CoNLL-U and UNER files to Documents and back.

Ten columns hold entities, if any, in MISC as ``Entity=B-PER`` (also ``NER=`` or ``NE=``); UNER's five (ID FORM TAG
OTHER ANNOTATOR, suffix ``.iob2``) hold them in the third. ``# text =`` is the sentence's original text and words are
found in it; without it ``SpaceAfter=No`` marks words without a blank after them. ``# newdoc`` begins a document,
``# newpar`` is kept as ``meta["newpar"]``: pairs of a sentence's position in its document and the paragraph's name.

A written word that stands for several syntactic ones (``3-4 du`` for ``de le``) is one word of the Document, unless its
parts spelled together give it (``don't``): then these are the words. Empty nodes (``8.1``) are no words. Lemmas, parts
of speech and trees are not read.

Sources: https://universaldependencies.org/format.html and https://www.universalner.org
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from pathlib import Path

from onoma.corpora.blocks import Assembler, DocumentMark, SentenceBlock, Steps, add_steps, align
from onoma.corpora.columns import column_index
from onoma.corpora.options import ReadOptions, WriteOptions, chosen_scheme
from onoma.corpora.tagged import TaggedSentence, flat, held_word, tagged_sentences, written_tags
from onoma.corpora.tally import ReadTally, WriteTally
from onoma.errors import CorpusError
from onoma.io.files import replacing
from onoma.io.lines import numbered_lines
from onoma.schemes import OUTSIDE, Scheme, detect_from_steps
from onoma.text import Document

_NAMES = {
    10: ("ID", "FORM", "LEMMA", "UPOS", "XPOS", "FEATS", "HEAD", "DEPREL", "DEPS", "MISC"),
    5: ("ID", "FORM", "TAG", "OTHER", "ANNOTATOR"),
}
_TAG_NAMES = ("TAG", "NER", "UNER:TAG")
_COMMENT = re.compile(r"#\s*(newdoc id|newdoc|newpar id|newpar|sent_id|text|global\.columns)\s*(?:=\s?(.*))?")
_ENTITY = re.compile(r"(?:^|\|)(?:Entity|NER|NE)=([^|]*)")
_NUMBER = re.compile(r"(\d+)(?:-(\d+)|(\.\d+))?")


@dataclass(slots=True)
class _Draft:
    """A sentence while its lines come in.

    Attributes:
        forms, tags, lines, glued: of the syntactic words.
        written: written words by the position of their first syntactic word: the position after the last, the form,
            and whether no blank follows.
    """

    forms: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    glued: list[bool] = field(default_factory=list)
    written: dict[int, tuple[int, str, bool]] = field(default_factory=dict)
    text: str | None = None
    id: str = ""
    paragraph: str | None = None

    def block(self) -> SentenceBlock:
        block = SentenceBlock(layers=(self.tags,), lines=self.lines, text=self.text, id=self.id)
        units: list[int] = []
        position = 0
        while position < len(self.forms):
            single = (position + 1, self.forms[position], self.glued[position])
            end, form, close = self.written.get(position, single)
            parts = self.forms[position:end]
            whole = "".join(parts) != form
            units.extend(
                [len(block.words)] * len(parts) if whole else range(len(block.words), len(block.words) + len(parts))
            )
            block.words.extend([form] if whole else parts)
            block.glued.extend([close] if whole else [*[True] * (len(parts) - 1), close])
            position = end
        block.units = units if len(block.words) < len(units) else None
        return block


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """How many columns a line has, and the indices, from 0, of its word, tag and MISC columns."""

    width: int
    word: int
    tag: int | None
    misc: int | None


class ConlluReader:
    """One CoNLL-U or UNER file."""

    def __init__(self, path: Path, options: ReadOptions) -> None:
        self._path = path
        self._options = options

    @property
    def scheme(self) -> Scheme | None:
        return self._survey[0]

    def documents(self, tally: ReadTally) -> Iterator[Document]:
        scheme, marked = self._survey
        tally.scheme = None if scheme is None else scheme.name
        assembler = Assembler(
            path=self._path, scheme=scheme or chosen_scheme("BIO"), options=self._options, tally=tally, meta={}
        )
        return assembler.documents(self._parts(), marked=marked)

    @cached_property
    def _survey(self) -> tuple[Scheme | None, bool]:
        """The scheme, None where no word has a tag, and whether there are document marks."""
        steps, marked, tagged = Steps(), False, self._columns.tag is not None
        forced = self._options.scheme
        for part in self._parts():
            if isinstance(part, DocumentMark):
                marked = True
                continue
            tagged = tagged or any(tag != OUTSIDE for tag in part.layers[0])
            if forced is None:
                add_steps(steps, part, self._path)
        if not tagged:
            return None, marked
        return chosen_scheme(forced) if forced is not None else detect_from_steps(steps).scheme, marked

    @cached_property
    def _columns(self) -> _Columns:
        """The columns of words and tags, found from the file's first word and a line that names the columns."""
        names, width = self._options.columns, 10
        for _, line in numbered_lines(self._path, encoding=self._options.encoding):
            key, value = _comment(line)
            if key == "global.columns":
                names = names or tuple(value.split())
            elif line.strip(" \t") and not line.startswith("#"):
                width = line.count("\t") + 1
                break
        names = names or _NAMES.get(width, ())
        word, tag = self._options.word_column, self._options.tag_column
        if tag is None:
            tag = next((name for name in _TAG_NAMES if name in names), None)
        return _Columns(
            width=width,
            word=column_index(2 if word is None else word, names, width=width, path=self._path),
            tag=None if tag is None else column_index(tag, names, width=width, path=self._path),
            misc=names.index("MISC") if "MISC" in names else None,
        )

    def _parts(self) -> Iterator[SentenceBlock | DocumentMark]:
        """The file's sentences and document marks, in order."""
        draft, position = _Draft(), 0
        paragraphs: list[list[object]] = []
        lines = numbered_lines(self._path, encoding=self._options.encoding)
        for number, line in chain(lines, [(0, "")]):
            if not line.strip(" \t"):
                if draft.forms:
                    block = draft.block()
                    if draft.paragraph is not None:
                        paragraphs.append([position, draft.paragraph])
                    if paragraphs:
                        block.meta["newpar"] = paragraphs
                    yield block
                    draft, position = _Draft(), position + 1
            elif line.startswith("#"):
                key, value = _comment(line)
                if key.startswith("newdoc"):
                    yield DocumentMark(id=value)
                    position, paragraphs = 0, []
                elif key.startswith("newpar"):
                    draft.paragraph = value
                elif key == "sent_id":
                    draft.id = value
                elif key == "text":
                    draft.text = value
            else:
                self._take(line, number, draft)

    def _take(self, line: str, number: int, draft: _Draft) -> None:
        """Take up a line that is a word, a written word over several, or an empty node."""
        columns = self._columns
        fields = line.split("\t")
        found = _NUMBER.fullmatch(fields[0])
        if found is None or len(fields) != columns.width or columns.width < 2:
            expected = f"a word's number and {max(columns.width, 2) - 1} more columns, separated by tabs"
            raise CorpusError(f"{line!r} has {len(fields)} columns; expected {expected}", path=self._path, line=number)
        first, last, empty = found.groups()
        misc = "_" if columns.misc is None else fields[columns.misc]
        close = "SpaceAfter=No" in misc
        if empty:
            return
        if last:
            here = len(draft.forms)
            draft.written[here] = (here + int(last) - int(first) + 1, fields[columns.word], close)
            return
        if columns.tag is not None:
            tag = fields[columns.tag].strip(" ")
        else:
            entity = _ENTITY.search(misc)
            tag = entity[1] if entity else OUTSIDE
        draft.forms.append(fields[columns.word])
        draft.tags.append(OUTSIDE if tag in ("", "_", "-") else tag)
        draft.lines.append(number)
        draft.glued.append(close)


def write_conllu(documents: Iterable[Document], path: Path, options: WriteOptions, tally: WriteTally) -> None:
    """Write ten columns with entities in MISC, or for a path that ends in ``.iob2`` UNER's five.

    Each document has its ``# newdoc``, each sentence its ``# text``. Of overlapping entities the longest is kept.

    Raises:
        CorpusError: the file cannot be written.
    """
    scheme = chosen_scheme(options.scheme)
    uner = path.suffix.lower() == ".iob2"
    with replacing(path) as target:
        for document in documents:
            tally.begin(document)
            sentences = tagged_sentences(document, segment=options.segment, tally=tally)
            paragraphs = _paragraphs(document, len(sentences))
            held = frozenset(["id", "words", "sentences", "sentence ids", *(["meta"] if paragraphs else [])])
            tally.lose_beyond(document, holds=held)
            id = _value(document.id, tally)
            target.write(f"# newdoc id = {id}\n" if id else "# newdoc\n")
            texts: list[str] = []
            for position, sentence in enumerate(sentences):
                if position in paragraphs:
                    name = paragraphs[position]
                    target.write(f"# newpar id = {name}\n" if name else "# newpar\n")
                if name := _value(sentence.sentence.id, tally):
                    target.write(f"# sent_id = {name}\n")
                words = [held_word(word.text, tally) for word in sentence.words]
                texts.append(_text(document, sentence, words))
                target.write(f"# text = {texts[-1]}\n")
                [chunks] = flat(sentence, tally=tally)
                if not uner:
                    for chunk in chunks:
                        if "|" in chunk.label:
                            tally.lose("'|' in the label is written as '/'", chunk.label)
                    chunks = [chunk._replace(label=chunk.label.replace("|", "/")) for chunk in chunks]
                tags = written_tags(chunks, length=len(words), scheme=scheme, tally=tally)
                for number, (word, tag) in enumerate(zip(words, tags, strict=True), start=1):
                    close = number < len(words) and sentence.words[number - 1].end == sentence.words[number].start
                    target.write(f"{number}\t{word}\t{_rest(tag, close=close, uner=uner)}\n")
                target.write("\n")
            if "\n".join(texts) != document.text:
                tally.lose("white space cannot be held as it was", repr(document.text[:60]))


def _comment(line: str) -> tuple[str, str]:
    """What a comment says, as key and value; empty where it says nothing to us."""
    found = _COMMENT.fullmatch(line)
    return (found[1], found[2] or "") if found else ("", "")


def _rest(tag: str, *, close: bool, uner: bool) -> str:
    """The columns after a word."""
    if uner:
        return f"{tag}\t-\t-"
    misc = [*([f"Entity={tag}"] if tag != OUTSIDE else []), *(["SpaceAfter=No"] if close else [])]
    return "_\t" * 7 + ("|".join(misc) or "_")


def _text(document: Document, sentence: TaggedSentence, words: list[str]) -> str:
    """A sentence's text on one line, its words in it; rebuilt from the words where its bounds do not hold them."""
    bounds = sentence.sentence
    text = document.text[bounds.start : bounds.end].replace("\n", " ").removesuffix("\r")
    return " ".join(words) if align(words, text) is None else text


def _value(value: str, tally: WriteTally) -> str:
    held = value.replace("\n", " ").removesuffix("\r")
    if held != value:
        tally.lose("line ends in a name are written as blanks", repr(value))
    return held


def _paragraphs(document: Document, sentences: int) -> dict[int, str]:
    """The paragraphs of ``meta["newpar"]`` by sentence, where they and nothing else are in meta; else none."""
    pairs = document.meta.get("newpar")
    if len(document.meta) != 1 or not isinstance(pairs, list):
        return {}
    found: dict[int, str] = {}
    for pair in pairs:
        match pair:
            case [int(position), str(name)] if 0 <= position < sentences and "\n" not in name and name[-1:] != "\r":
                found[position] = name
            case _:
                return {}
    return found
