"""Options for reading and writing corpora: plain values, independent of the internals of any format."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from onoma.corpora.tally import PLACES_KEPT
from onoma.errors import ConfigError
from onoma.schemes import SCHEMES, Scheme, get_scheme
from onoma.text import Word

Segment = Callable[[str], Sequence[Word]]
"""Function that splits a text into words in order, without overlap, with offsets in code points of that text."""

Labelled = Literal["spans", "words", "sentences"]
"""What the labels of a corpus belong to."""

AUTO, WHOLE_FILE, BLANK_LINES = "auto", "file", "blank-lines"

DocumentsUnit = str | int
"""Document unit in a file of consecutive sentences: one of the constants above, or a number of sentences."""

_NOT_BLANK = re.compile(r"\S+")


def blank_separated(text: str) -> list[Word]:
    """Return the words separated by whitespace; the default segmenter.

    >>> [word.text for word in blank_separated("in Lyon, today")]
    ['in', 'Lyon,', 'today']
    """
    return [Word(start=match.start(), end=match.end(), text=match[0]) for match in _NOT_BLANK.finditer(text)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """Options for reading a corpus; a format ignores the options that do not apply to it.

    Attributes:
        scheme: tagging scheme of the tags; None detects it from the whole file.
        strict: whether to refuse a file with invalid tag sequences, instead of repairing and counting them.
        sound_only: whether to leave out entities that do not begin and end as their scheme allows, instead of repairing
            them, as the strict mode of seqeval does.
        encoding: text encoding of the file; in UTF-8, a byte order mark is skipped.
        word_column: in formats with columns, the name of the word column, or its number, counted from 1 or negative
            from the end.
        tag_column: the same for the tag column; in `jsonl`, the key of the tags of tokens, or of the labels of words or
            sentences; in `conllu`, also an attribute in MISC; in `webanno`, a layer or feature.
        columns: `conll`, `conllu`: names of the columns, in order, if the file does not name them itself.
        position_digit: `conll`: whether every word is a character and one digit, its position in a segmented word
            (Weibo NER); the digit is removed.
        language_prefix: `conll`: language prefix of the words, such as ``en`` in WikiANN's ``en:word``, which is
            removed from the words and kept as ``meta["language"]``. None detects a prefix that every word of the file
            has; "" disables detection.
        default_label: label of tags without one, as in a file with only ``B``, ``I`` and ``O``.
        tag_names: the tags that numbers stand for, in order from 0.
        labelled: what the labels belong to: `spans`, given by tags of a scheme or by offsets; `words`, given by a tag
            that is the label, or by a span; `sentences`, in `jsonl` and `table` a text with one label. A labelled word
            or sentence becomes an entity of the document.
        layer: `jsonl`: name of a layer whose spans replace the entities; records with only others are refused.
        text_unit: `text`: what forms a document: the whole file, or each non-blank line, whose number becomes the id.
        documents: what forms a document in a file without document boundaries: each sentence (`auto`), the whole file
            (`file`), the sentences between two or more blank lines (`blank-lines`; in JSON Lines one or more), or a
            fixed number of sentences.
        labels: new labels by the labels in the file; entities whose new label is "" are left out.
        unannotated: labels, by their new names, that the corpus does not annotate; see :class:`~onoma.text.Document`.
        places: number of locations that the report lists for each kind of repair, omission or adjustment.
        texts_only: whether only the texts are wanted; entities are then not checked, and texts without annotation are
            not left out.
        may_be_empty: whether the file may contain no entities at all, as predictions may.
        replace_surrogates: whether to read a lone surrogate, which tokenizers do not accept, as U+FFFD.
        skip_checks: whether to accept a file whose content looks implausible; see ``plausibility``.
    """

    scheme: str | None = None
    strict: bool = False
    sound_only: bool = False
    encoding: str = "utf-8"
    word_column: int | str | None = None
    tag_column: int | str | None = None
    columns: tuple[str, ...] = ()
    position_digit: bool = False
    language_prefix: str | None = None
    default_label: str = ""
    tag_names: tuple[str, ...] = ()
    labelled: Labelled = "spans"
    layer: str = ""
    text_unit: Literal["file", "line"] = "file"
    documents: DocumentsUnit = AUTO
    labels: Mapping[str, str] = field(default_factory=dict)
    unannotated: frozenset[str] = frozenset()
    places: int = PLACES_KEPT
    texts_only: bool = False
    may_be_empty: bool = False
    skip_checks: bool = False
    replace_surrogates: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOptions:
    """Options for writing a corpus; a format ignores the options that do not apply to it.

    Files are written in UTF-8 with line feeds.

    Attributes:
        scheme: tagging scheme, for formats with tags.
        layout: `jsonl`: `onoma`, `doccano`, `prodigy`, `spacy` or `labelstudio`.
        layers: `conllu`: for each layer name, what its spans label; by default this is detected from the spans.
        segment: splits texts without given words, for formats with words.
    """

    scheme: str = "BIO"
    layout: str = "onoma"
    layers: Mapping[str, Labelled] = field(default_factory=dict)
    segment: Segment = blank_separated


def chosen_scheme(name: str) -> Scheme:
    """Return the scheme with this name.

    Raises:
        ConfigError: no scheme has this name.
    """
    try:
        return get_scheme(name)
    except KeyError:
        raise ConfigError(f"unknown tagging scheme {name!r}; choose one of {', '.join(SCHEMES)}") from None
