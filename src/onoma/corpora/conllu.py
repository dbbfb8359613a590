"""Reader of CoNLL-U and UNER files; see ``conllu_writer`` for the writer.

In files with ten columns, entities are in MISC as ``Entity=B-PER`` (also ``NER=`` or ``NE=``), or in brackets as in
CorefUD (see ``corefud``). ``name=`` (NorNE, DaNE), ``ner=`` (Stanza), ``ne=`` and ``NamedEntity=`` are read if all
values are tags; ``--tag-column`` chooses another attribute. In UNER files with five columns (ID FORM TAG OTHER
ANNOTATOR, suffix ``.iob2``), they are in the third. ``# text =`` is the original text of a sentence, in which its words
are located; without it, ``SpaceAfter=No`` marks words that no space follows. ``# newdoc`` begins a document.
``# newpar`` is kept as ``meta["newpar"]``: pairs of the index of a sentence in its document and the name of the
paragraph.

A multiword token (``3-4 du`` for ``de le``) becomes one word of the Document, unless its form is the concatenation of
its syntactic words (``don't``), which then become the words. Empty nodes (``8.1``) are skipped. Lemmas, parts of
speech and trees are not read.

Sources: https://universaldependencies.org/format.html and https://www.universalner.org
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from pathlib import Path

from onoma.corpora.bio_layers import encode_layers
from onoma.corpora.blocks import DocumentBoundary, DocumentBuilder, SentenceBlock
from onoma.corpora.columns import column_index, unread_columns
from onoma.corpora.corefud import EntityFields, is_bracketed, parse_mentions
from onoma.corpora.misc_attributes import ENTITY_ATTRIBUTES, find_attributes, parse_attributes, spread_tag
from onoma.corpora.options import ReadOptions, chosen_scheme
from onoma.corpora.spelling import TagSpelling, is_tag
from onoma.corpora.tag_transitions import TagTransitions
from onoma.corpora.tally import ReadTally
from onoma.errors import CorpusError
from onoma.io.lines import numbered_lines
from onoma.schemes import OUTSIDE, Scheme
from onoma.text import Document

_COLUMN_NAMES = {
    10: ("ID", "FORM", "LEMMA", "UPOS", "XPOS", "FEATS", "HEAD", "DEPREL", "DEPS", "MISC"),
    5: ("ID", "FORM", "TAG", "OTHER", "ANNOTATOR"),
}
_TAG_COLUMN_NAMES = ("TAG", "NER", "UNER:TAG")
_COMMENT = re.compile(
    r"#\s*(newdoc id|newdoc|newpar id|newpar|sent_id|text|global\.columns|global\.Entity)\s*(?:=\s?(.*))?"
)
_WORD_NUMBER = re.compile(r"(\d{1,9})(?:-(\d{1,9})|(\.\d+))?")


@dataclass(slots=True)
class _SentenceState:
    """State of the sentence that is being read.

    Attributes:
        forms, tags, lines, no_space_after: one item for each syntactic word.
        brackets: bracketed mentions, as pairs of the index of a word and its value.
        written: multiword tokens by the index of their first syntactic word: the index after the last one, the form,
            and whether no space follows.
        written_tags: tags of multiword tokens by the index of their first syntactic word, as Stanza writes them.
        unread: columns, attributes and comments that are not read, with the number of lines that have one.
    """

    forms: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    no_space_after: list[bool] = field(default_factory=list)
    brackets: list[tuple[int, str]] = field(default_factory=list)
    written: dict[int, tuple[int, str, bool]] = field(default_factory=dict)
    written_tags: dict[int, str] = field(default_factory=dict)
    unread: Counter[str] = field(default_factory=Counter)
    text: str | None = None
    id: str = ""
    paragraph: str | None = None

    def note(self, key: str, value: str) -> None:
        """Store the value of a comment on the sentence."""
        if key.startswith("newpar"):
            self.paragraph = value
        elif key == "sent_id":
            self.id = value
        elif key == "text":
            self.text = value
        elif not key:
            self.unread["comments"] += 1

    def count_unread(
        self, fields: Sequence[str], columns: Iterable[tuple[int, str]], attributes: Iterable[str]
    ) -> None:
        """Count the columns and attributes of a line that are not read."""
        for index, name in columns:
            if fields[index] != "_":
                self.unread[name] += 1
        for name in attributes:
            if name != "SpaceAfter":
                self.unread[f"{name} in MISC"] += 1

    def block(self) -> SentenceBlock:
        for first, tag in self.written_tags.items():
            part = slice(first, self.written[first][0])
            if self.tags[part].count(OUTSIDE) == len(self.tags[part]):
                self.tags[part] = spread_tag(tag, len(self.tags[part]))
        block = SentenceBlock(layers=(self.tags,), lines=self.lines, text=self.text, id=self.id, unread=self.unread)
        units: list[int] = []
        position = 0
        while position < len(self.forms):
            single_word = (position + 1, self.forms[position], self.no_space_after[position])
            end, form, no_space_after = self.written.get(position, single_word)
            parts = self.forms[position:end]
            is_kept_whole = "".join(parts) != form
            units.extend(
                [len(block.words)] * len(parts)
                if is_kept_whole
                else range(len(block.words), len(block.words) + len(parts))
            )
            block.words.extend([form] if is_kept_whole else parts)
            block.no_space_after.extend(
                [no_space_after] if is_kept_whole else [*[True] * (len(parts) - 1), no_space_after]
            )
            position = end
        block.units = units if len(block.words) < len(units) else None
        return block


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """The columns of a line; their indices count from 0.

    Attributes:
        width: number of columns.
        word, tag, misc: index of the column of words, of that of tags and of MISC; None if there is none.
        attributes: attributes in MISC that hold tags if no column does.
        unread: index and name of the columns that are not read.
    """

    width: int
    word: int
    tag: int | None
    misc: int | None
    attributes: tuple[str, ...]
    unread: tuple[tuple[int, str], ...]


class ConlluReader:
    """Reader of one CoNLL-U or UNER file."""

    def __init__(self, path: Path, options: ReadOptions) -> None:
        self._path = path
        self._options = options

    @property
    def scheme(self) -> Scheme | None:
        return self._first_pass[0]

    def documents(self, tally: ReadTally) -> Iterator[Document]:
        scheme, spelling, marked = self._first_pass
        tally.scheme = None if scheme is None else scheme.name
        builder = DocumentBuilder(
            path=self._path,
            scheme=scheme or chosen_scheme("BIO"),
            options=self._options,
            tally=tally,
            meta={},
            spelling=spelling,
        )
        return builder.documents(self._parts(tally, marked=marked), marked=marked)

    @cached_property
    def _first_pass(self) -> tuple[Scheme | None, TagSpelling, bool]:
        """Scheme (None if no word has a tag), spelling of the tags, and whether there are document marks."""
        transitions, marked, has_tags = TagTransitions(), False, self._columns.tag is not None
        for part in self._parts():
            if isinstance(part, DocumentBoundary):
                marked = True
                continue
            has_tags = has_tags or any(tag != OUTSIDE for tags in part.layers for tag in tags)
            transitions.add(part)
        scheme, spelling = transitions.result(self._options, path=self._path, blocks=self._parts)
        return scheme if has_tags else None, spelling, marked

    @cached_property
    def _columns(self) -> _Columns:
        """Column positions, from the first word of the file and a line that names the columns."""
        names, width = self._options.columns, 10
        for _, line in numbered_lines(self._path, encoding=self._options.encoding):
            key, value = _parse_comment(line)
            if key == "global.columns":
                names = names or tuple(value.split())
            elif line.strip(" \t") and not line.startswith("#"):
                width = line.count("\t") + 1
                break
        names = names or _COLUMN_NAMES.get(width, ())
        word, tag = self._options.word_column, self._options.tag_column
        misc = names.index("MISC") if "MISC" in names[:width] else None
        if tag is None:
            tag = next((name for name in _TAG_COLUMN_NAMES if name in names), None)
        attributes: tuple[str, ...] = ENTITY_ATTRIBUTES
        if misc is not None and self._options.labelled == "spans":
            if tag is None:
                attributes = self._find_attributes(width, misc)
            elif tag not in names and any(key == tag for key, _ in self._iter_attributes(width, misc)):
                tag, attributes = None, (str(tag),)
        word_index = column_index(2 if word is None else word, names, width=width, path=self._path)
        tag_index = None if tag is None else column_index(tag, names, width=width, path=self._path)
        return _Columns(
            width=width,
            word=word_index,
            tag=tag_index,
            misc=misc,
            attributes=attributes,
            unread=unread_columns(names, width=width, read=(0, word_index, tag_index, misc)),
        )

    def _find_attributes(self, width: int, misc: int) -> tuple[str, ...]:
        options = self._options
        may_be_empty = options.texts_only or options.may_be_empty or options.skip_checks
        try:
            return find_attributes(self._iter_attributes(width, misc), may_be_empty=may_be_empty)
        except CorpusError as error:
            raise CorpusError(error.message, path=self._path) from None

    def _iter_attributes(self, width: int, misc: int) -> Iterator[tuple[str, str]]:
        """Yield the names and values of the attributes in MISC."""
        for _, line in numbered_lines(self._path, encoding=self._options.encoding):
            fields = line.split("\t")
            if not line.startswith("#") and len(fields) == width:
                yield from parse_attributes(fields[misc])

    def _parts(
        self, tally: ReadTally | None = None, *, marked: bool = True
    ) -> Iterator[SentenceBlock | DocumentBoundary]:
        """Yield the sentences and document marks of the file, in order.

        Args:
            tally: counts what cannot be used.
            marked: whether there are document marks; if not, each sentence is a document.
        """
        state, sentence_index = _SentenceState(), 0
        fields = EntityFields()
        paragraphs: list[list[object]] = []
        lines = numbered_lines(self._path, encoding=self._options.encoding)
        for number, line in chain(lines, [(0, "")]):
            if not line.strip(" \t"):
                if state.forms:
                    block = state.block()
                    if state.brackets:
                        block.layers = self._decode_mentions(state, fields, tally)
                    if state.paragraph is not None:
                        paragraphs.append([sentence_index, state.paragraph])
                    if paragraphs:
                        block.meta["newpar"] = paragraphs
                    yield block
                    state, sentence_index = _SentenceState(), sentence_index + 1
                    if not marked:
                        sentence_index, paragraphs = 0, []
            elif line.startswith("#"):
                key, value = _parse_comment(line)
                if key.startswith("newdoc"):
                    yield DocumentBoundary(id=value)
                    sentence_index, paragraphs = 0, []
                elif key == "global.Entity":
                    fields = EntityFields.of(value)
                else:
                    state.note(key, value)
            else:
                self._add_line(line, number, state)

    def _decode_mentions(
        self, state: _SentenceState, fields: EntityFields, tally: ReadTally | None
    ) -> tuple[list[str], ...]:
        """Return the tag layers of a sentence with bracketed mentions."""

        def count_unusable(position: int, piece: str) -> None:
            if tally is not None:
                reason = "a mention has no type, or does not begin and end in one sentence and one part"
                tally.unusable.add(reason, where=f"{self._path}:{state.lines[position]}", what=piece)

        chunks = parse_mentions(state.brackets, fields, broken=count_unusable)
        return encode_layers(chunks, length=len(state.forms))

    def _add_line(self, line: str, number: int, state: _SentenceState) -> None:
        """Add a line to the state: a syntactic word, a multiword token, or an empty node, which is skipped."""
        columns = self._columns
        fields = line.split("\t")
        match = _WORD_NUMBER.fullmatch(fields[0])
        if match is None or len(fields) != columns.width or columns.width < 2:
            expected = f"a word's number and {max(columns.width, 2) - 1} more columns, separated by tabs"
            raise CorpusError(f"{line!r} has {len(fields)} columns; expected {expected}", path=self._path, line=number)
        first, last, empty_node = match.groups()
        misc = "_" if columns.misc is None else fields[columns.misc]
        no_space_after = "SpaceAfter=No" in misc
        if empty_node:
            state.unread["empty nodes"] += 1
            return
        tag_attributes = columns.attributes if columns.tag is None else ()
        attributes = list(parse_attributes(misc))
        attribute = next((value for name, value in attributes if name in tag_attributes), "")
        state.count_unread(fields, columns.unread, (name for name, _ in attributes if name not in tag_attributes))
        if last:
            word_index = len(state.forms)
            state.written[word_index] = (word_index + int(last) - int(first) + 1, fields[columns.word], no_space_after)
            if is_tag(attribute) and attribute != OUTSIDE:
                state.written_tags[word_index] = attribute
            return
        if columns.tag is not None:
            tag = fields[columns.tag].strip(" ")
        else:
            tag = attribute or OUTSIDE
            if is_bracketed(tag):
                state.brackets.append((len(state.forms), tag))
                tag = OUTSIDE
        state.forms.append(fields[columns.word])
        if self._options.labelled == "words":
            state.tags.append("" if tag == "_" or columns.tag is None else tag)
        else:
            state.tags.append(OUTSIDE if tag in ("", "_", "-") else tag)
        state.lines.append(number)
        state.no_space_after.append(no_space_after)


def _parse_comment(line: str) -> tuple[str, str]:
    """Return the key and value of a comment; both are empty if the comment is ignored."""
    match = _COMMENT.fullmatch(line)
    return (match[1], match[2] or "") if match else ("", "")
