"""Which options would read a file that was refused, found by trying them on its first lines.

It knows which options there are, not how any format is read.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from onoma.corpora.columns import split_columns
from onoma.corpora.options import ReadOptions
from onoma.corpora.spelling import are_tags
from onoma.corpora.tally import ReadTally
from onoma.errors import OnomaError
from onoma.io.lines import numbered_lines

WITH_COLUMNS = frozenset(["conll", "conllu", "table"])
"""Formats whose columns can be chosen, and may have to be."""

_HEAD_LINES = 2000
_JUDGED_ROWS = 100
_MOST_COLUMNS = 12
_MOST_COVERED = 0.7
_FORMATS = ("conll", "conllu", "germeval", "table", "hipe", "conll2012", "webanno", "pubtator", "jsonl")
_BY_COLUMNS = ("conll", "table", "conll2012")
_OF_COLUMNS = WITH_COLUMNS | {"germeval", "hipe"}

Trial = Callable[[Path, str, ReadOptions], ReadTally]
"""Reads a file in a format to its end, and says what that came to."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A format, and the columns to choose; None for those of the options."""

    format: str
    word: int | None = None
    tag: int | None = None


def working_options(path: Path, format: str, options: ReadOptions, *, trial: Trial) -> str:
    """The options, as on a command line, with which a file's first lines are read and make sense; empty for none.

    Args:
        path: the file that was refused.
        format: that it was refused in.
        options: that it was refused with.
        trial: reads a file; raises OnomaError where it cannot be read or makes no sense.
    """
    if path.is_dir():
        return ""
    with tempfile.TemporaryDirectory() as folder:
        head = Path(folder) / path.name
        try:
            lines = [line for _, line in islice(numbered_lines(path, encoding=options.encoding), _HEAD_LINES)]
            head.write_text("\n".join([*lines, ""]), encoding=options.encoding, newline="\n")
        except (OnomaError, OSError, UnicodeError):
            return ""
        for each in _candidates(lines, format, options):
            word, tag = each.word or options.word_column, each.tag or options.tag_column
            changed = replace(options, word_column=word, tag_column=tag, skip_checks=False)
            if _reads(trial, head, each.format, changed):
                named = {
                    "--format": each.format if each.format != format else None,
                    "--word-column": each.word,
                    "--tag-column": each.tag,
                }
                return " ".join(f"{name} {value}" for name, value in named.items() if value is not None)
    return ""


def _candidates(lines: Iterable[str], format: str, options: ReadOptions) -> Iterator[_Candidate]:
    """One change before two; of columns those that hold nothing but tags first, then the last ones."""
    found = [line for line in lines if line.strip() and not line.startswith(("#", "-DOCSTART-"))][:_JUDGED_ROWS]
    rows = [split_columns(line, tabs="\t" in line) for line in found]
    columns = range(1, min(max(map(len, rows), default=0), _MOST_COLUMNS) + 1)
    sure = [column for column in columns if are_tags({row[column - 1] for row in rows if len(row) >= column})]
    words = [column for column in columns if column not in sure]
    tags = [*reversed(sure), *reversed(words)]
    if format in WITH_COLUMNS:
        word = 1 if options.word_column is None else options.word_column
        yield from (_Candidate(format, tag=tag) for tag in tags if tag != word)
        yield from (_Candidate(format, word=word) for word in words)
    if options.word_column is None and options.tag_column is None:
        yield from (_Candidate(each) for each in _FORMATS if each != format)
    for each in _BY_COLUMNS if format in _OF_COLUMNS else ():
        yield from (_Candidate(each, word=word, tag=tag) for tag in tags for word in words if word != tag)


def _reads(trial: Trial, path: Path, format: str, options: ReadOptions) -> bool:
    """Whether a file is read so, has entities, and most of its words are in none and no numbers."""
    try:
        tally = trial(path, format, options)
    except OnomaError:
        return False
    few = not tally.words or tally.covered_words <= _MOST_COVERED * tally.words
    return tally.labels.total() > 0 and few and 2 * tally.sample.numbers <= tally.sample.size
