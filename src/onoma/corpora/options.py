"""What a caller may ask of the readers and writers. Plain values; they know nothing of any one format's inside."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from onoma.corpora.tally import PLACES_KEPT
from onoma.errors import ConfigError
from onoma.schemes import SCHEMES, Scheme, scheme_named
from onoma.text import Word

Segment = Callable[[str], Sequence[Word]]
"""Cuts a text into words: ordered, without overlap, offsets in code points of that text."""

Labelled = Literal["spans", "words", "sentences"]
"""What has labels."""

AUTO, WHOLE_FILE, BLANK_LINES = "auto", "file", "blank-lines"

DocumentsUnit = str | int
"""What is a document in a file of sentences that follow one another: one of the words above, or so many sentences."""

_NOT_BLANK = re.compile(r"\S+")


def blank_separated(text: str) -> list[Word]:
    """Words separated by white space; the default segmenter.

    >>> [word.text for word in blank_separated("in Lyon, today")]
    ['in', 'Lyon,', 'today']
    """
    return [Word(start=match.start(), end=match.end(), text=match[0]) for match in _NOT_BLANK.finditer(text)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """How to read a corpus; a format ignores what does not concern it.

    Attributes:
        scheme: tagging scheme to read tags by; None detects it from the whole file.
        strict: refuse a file whose tags break their scheme, instead of repairing and counting.
        sound_only: leave out entities that do not begin and end as their scheme allows, instead of repairing them; this
            is how seqeval's strict mode reads.
        encoding: of the file; a byte order mark is skipped where it is UTF-8.
        word_column: `conll`, `conllu`: a column's name, or its number counted from 1, or negative from the end.
        tag_column: the same for the tags; of `jsonl` with labels of words or sentences, their key.
        columns: `conll`: the columns' names, in order, where the file does not name them itself.
        position_digit: `conll`: every word is a character and one digit, its place in a segmented word (Weibo NER);
            the digit is left out.
        language_prefix: `conll`: the ``en`` of WikiANN's ``en:word``, left out of words and kept as
            ``meta["language"]``. None detects it where every word of the file has it, "" never looks for it.
        default_label: the label of tags that have none, as in a file of ``B``, ``I`` and ``O``.
        tag_names: the tags that numbers stand for, in order from 0.
        labelled: what has labels: `spans`, by tags of a scheme or by offsets; `words`, by a tag that is the label or a
            span; `sentences`: in `jsonl` and `table` a text with one label. A word or a sentence with its label is
            then an entity of the document.
        layer: `jsonl`: read the spans of this layer, where a record has it, in the place of its entities.
        text_unit: `text`: whether a document is a whole file or each of its lines that is not blank,
            whose number is its name.
        documents: what is a document in a file that does not say so: each sentence (`auto`), the whole file (`file`),
            what stands between two or more blank lines (`blank-lines`; in JSON Lines one), or so many sentences.
        labels: what a label is called from here on, by its name in the file; under "" its entities are left out.
        unannotated: labels, by their new names, that the corpus does not annotate; see :class:`~onoma.text.Document`.
        places: how many places the report names of whatever had to be repaired, left out or read otherwise.
        texts_only: the entities are not wanted, so they are not checked, and texts without annotation are not left out.
        may_be_empty: the file may have no entity at all, as predictions may.
        replace_surrogates: read half of a surrogate pair, which no tokenizer takes, as U+FFFD.
        skip_checks: accept a file whose reading looks wrong; see ``plausibility``.
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
    """How to write a corpus; a format ignores what does not concern it. Files are UTF-8 with line feeds.

    Attributes:
        scheme: tagging scheme of the formats that hold tags.
        layout: `jsonl`: `onoma`, `doccano`, `prodigy`, `spacy` or `labelstudio`.
        layers: `conllu`: what the spans of a layer are, by its name; by default what they look like.
        segment: cuts texts without given words, for the formats that hold words.
    """

    scheme: str = "BIO"
    layout: str = "onoma"
    layers: Mapping[str, Labelled] = field(default_factory=dict)
    segment: Segment = blank_separated


def chosen_scheme(name: str) -> Scheme:
    """The scheme that an option names.

    Raises:
        ConfigError: there is none of this name.
    """
    try:
        return scheme_named(name)
    except KeyError:
        raise ConfigError(f"unknown tagging scheme {name!r}; choose one of {', '.join(SCHEMES)}") from None
