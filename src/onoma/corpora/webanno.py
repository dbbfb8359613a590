r"""Reader of WebAnno and INCEpTION TSV 3 files.

``#T_SP=layer|feature|…`` declares a span layer and its columns, which follow those of number, offsets and word.
Annotations of one span over several words have the same number in brackets, and several annotations of one word are
separated by ``|``. The entity layer is the first whose name says so, or else the first that is not a built-in layer for
morphology and the like; ``--tag-column`` selects another layer or feature. Words are located in ``#Text``. Entities of
sub-tokens (``1-1.1``) are widened to their word, and those that cross the end of a sentence are read as one in each
sentence; both are counted, as are the annotations of other layers.

Source: https://inception-project.github.io/releases/latest/docs/user-guide.html#sect_webannotsv
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

from onoma.corpora.bio_layers import encode_layers
from onoma.corpora.blocks import DocumentBuilder, SentenceBlock
from onoma.corpora.schemeless import SchemelessReader
from onoma.corpora.tally import ReadTally
from onoma.errors import ConfigError, CorpusError
from onoma.io.lines import numbered_lines
from onoma.schemes import SCHEMES, Chunk
from onoma.text import Document

_LAYER_HEADER = re.compile(r"#T_(SP|CH|RL)=(.*)")
_TOKEN_NUMBER = re.compile(r"\d+-(\d+)(\.\d+)?")
_ANNOTATION = re.compile(r"((?:\\.|[^\[\]\\])+)(?:\[(\d+)\])?", re.DOTALL)
_BUILTIN_LAYERS = re.compile(
    r".*\.(POS|Lemma|Stem|MorphologicalFeatures|SurfaceForm|Chunk|Token|Sentence|SofaChangeAnnotation)"
)
_ENTITY_LAYERS = re.compile(r".*(?:NamedEntity|\.NE|Entity|Entities)", re.IGNORECASE)
_ESCAPE_SEQUENCE = re.compile(r"\\(.)")
_CONTROL_CHARACTERS = {"n": "\n", "r": "\r", "t": "\t"}
_FIRST_FEATURE_COLUMN = 3


@dataclass(frozen=True, slots=True)
class _Feature:
    """A feature column of a span layer."""

    layer: str
    name: str
    column: int

    @property
    def title(self) -> str:
        """Layer and name for messages."""
        return f"{self.layer.rpartition('.')[2]}|{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """The columns of a file.

    Attributes:
        entities: the feature that holds the labels of the entities.
        others: the first feature of each other layer of spans, whose annotations are counted as left out; none if the
            caller chose the layer.
        unread: all further features.
        width: number of columns of a word's line.
    """

    entities: _Feature
    others: tuple[_Feature, ...]
    unread: tuple[_Feature, ...]
    width: int


@dataclass(slots=True)
class _SentenceState:
    """State of the sentence that is being read.

    Attributes:
        spans: the first and last word by label and span number.
        partial: keys of the spans that cover a part of a word.
        unread: features that are not read, with the number of lines that have one.
    """

    texts: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    spans: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    partial: set[tuple[str, str]] = field(default_factory=set)
    unread: Counter[str] = field(default_factory=Counter)

    def take(self, value: str, label: str, number: str, *, is_partial: bool) -> None:
        """Add an annotation of the last word, or of a part of it."""
        position = len(self.words) - 1
        key = (label, number or f"{position} alone {len(self.spans)} {value}")
        first, _ = self.spans.get(key, (position, position))
        self.spans[key] = first, position
        if is_partial:
            self.partial.add(key)

    def count_unread(self, fields: list[str], unread: Iterable[_Feature]) -> None:
        """Count the features of a line that are not read."""
        for feature in unread:
            if _split_values("".join(fields[feature.column : feature.column + 1])):
                self.unread[feature.title] += 1

    def open_spans(self) -> set[tuple[str, str]]:
        """Return the keys of the spans that the last word belongs to."""
        return {key for key, (_, last) in self.spans.items() if last == len(self.words) - 1}

    def block(self) -> SentenceBlock:
        chunks = [Chunk(first, last + 1, label) for (label, _), (first, last) in self.spans.items()]
        text = "\n".join(self.texts).strip() if self.texts else None
        layers = encode_layers(chunks, length=len(self.words))
        return SentenceBlock(words=self.words, layers=layers, lines=self.lines, text=text, unread=self.unread)


class WebannoReader(SchemelessReader):
    """Reader of one WebAnno TSV 3 file."""

    def documents(self, tally: ReadTally) -> Iterator[Document]:
        tally.annotated = True
        builder = DocumentBuilder(path=self._path, scheme=SCHEMES["BIO"], options=self._options, tally=tally, meta={})
        return builder.documents(self._blocks(tally), marked=False)

    @cached_property
    def _layout(self) -> _Layout:
        """Columns of the features, from the lines at the beginning of the file."""
        features: list[_Feature] = []
        all_features: list[_Feature] = []
        column = _FIRST_FEATURE_COLUMN
        for _, line in numbered_lines(self._path, encoding=self._options.encoding):
            if not (match := _LAYER_HEADER.match(line)):
                if line.strip() and not line.startswith("#"):
                    break
                continue
            layer, *names = match[2].split("|")
            names = [name for name in names if name] or [""]
            all_features += [_Feature(layer, name, column + index) for index, name in enumerate(names)]
            if match[1] == "SP":
                features += all_features[-len(names) :]
            # The other end of a relation has its own column, which some versions declare and others do not.
            column += len(names) + (match[1] == "RL")
        tag_column = self._options.tag_column
        if tag_column is not None:
            candidates = [each for each in features if tag_column in (each.name, each.layer, each.column + 1)]
        else:
            layers = [each.layer for each in features if not _BUILTIN_LAYERS.fullmatch(each.layer)]
            layer = next((each for each in layers if _ENTITY_LAYERS.fullmatch(each)), layers[0] if layers else None)
            candidates = [each for each in features if each.layer == layer]
            candidates.sort(key=lambda each: each.name.lower() not in ("value", "label", "type", "entity"))
        if candidates:
            others = {each.layer: each for each in reversed(features) if not _BUILTIN_LAYERS.fullmatch(each.layer)}
            others.pop(candidates[0].layer, None)
            counted = tuple(others.values()) if tag_column is None else ()
            unread = tuple(each for each in all_features if each not in (candidates[0], *counted))
            return _Layout(entities=candidates[0], others=counted, unread=unread, width=column)
        known = ", ".join(f"{each.layer}|{each.name}" for each in features) or "none"
        raise ConfigError(f"{self._path}: no layer of spans with names; its features are {known}; choose --tag-column")

    def _blocks(self, tally: ReadTally) -> Iterator[SentenceBlock]:
        state, layout = _SentenceState(), self._layout
        feature, others, width = layout.entities, layout.others, layout.width
        before: set[tuple[str, str]] = set()
        counted: set[tuple[str, str]] = set()
        for number, line in chain(numbered_lines(self._path, encoding=self._options.encoding), [(0, "")]):
            if line.startswith("#") or not line.strip():
                if state.words:
                    self._count_adjusted(state, before, tally)
                    yield state.block()
                    before, state = state.open_spans(), _SentenceState()
                if line.startswith("#Text="):
                    state.texts.append(_unescape(line.removeprefix("#Text=")))
                continue
            fields = line.split("\t")
            token = _TOKEN_NUMBER.fullmatch(fields[0])
            if token is None or len(fields) <= feature.column or any(fields[width:]):
                expected = f"expected number, offsets, word and {width - _FIRST_FEATURE_COLUMN} columns of features"
                message = f"{line!r} is not a word of WebAnno TSV 3; {expected}"
                raise CorpusError(message, path=self._path, line=number)
            state.count_unread(fields, layout.unread)
            if token[2] is None:
                state.words.append(_unescape(fields[2]))
                state.lines.append(number)
            elif not state.words:
                continue
            for value in _split_values(fields[feature.column]):
                match = _ANNOTATION.fullmatch(value)
                if match is None:
                    expected = "expected a label, perhaps with a number as in PER[1]"
                    message = f"{value!r} is not an annotation of WebAnno TSV 3; {expected}"
                    raise CorpusError(message, path=self._path, line=number)
                label, span_number = match.groups()
                label = feature.layer.rpartition(".")[2] if label == "*" else _unescape(label)
                state.take(value, label, span_number or "", is_partial=token[2] is not None)
            for layer, span_number, value in _annotations_of(others, fields):
                if (layer, span_number) not in counted:
                    reason = f"the layer is not read; --tag-column {layer} reads it"
                    tally.left_out.add(reason, where=f"{self._path}:{number}", what=value)
                if span_number:
                    counted.add((layer, span_number))

    def _count_adjusted(self, state: _SentenceState, before: set[tuple[str, str]], tally: ReadTally) -> None:
        """Count the spans that are read with other bounds than in the file.

        Args:
            state: a complete sentence.
            before: keys of the spans that are open at the end of the sentence before it.
            tally: counts the spans.
        """
        for key, (first, last) in state.spans.items():
            where = f"{self._path}:{state.lines[first]}"
            what = f"{' '.join(state.words[first : last + 1])} {key[0]}"
            if key in state.partial:
                tally.adjusted.add("the entity covers part of a word; widened to the word", where=where, what=what)
            if first == 0 and key in before:
                reason = "the entity crosses the end of a sentence; read as one in each sentence"
                tally.adjusted.add(reason, where=where, what=what)


def _annotations_of(features: tuple[_Feature, ...], fields: list[str]) -> Iterator[tuple[str, str, str]]:
    """Yield the annotations of a word in these columns: the layer, the number of the span or "", and the annotation."""
    for feature in features:
        for value in _split_values("".join(fields[feature.column : feature.column + 1])):
            match = _ANNOTATION.fullmatch(value)
            yield feature.layer, (match[2] or "") if match else "", value


def _split_values(cell: str) -> list[str]:
    """Return the annotations of a word in one column."""
    return [value for value in re.split(r"(?<!\\)\|", cell) if value not in ("", "_")]


def _unescape(text: str) -> str:
    return (
        _ESCAPE_SEQUENCE.sub(lambda match: _CONTROL_CHARACTERS.get(match[1], match[1]), text) if "\\" in text else text
    )
