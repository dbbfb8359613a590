"""Search for options that can read a refused file, by trying them on its first lines.

This module knows which options exist, but not how any format is read.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from onoma.corpora.columns import split_columns
from onoma.corpora.options import ReadOptions
from onoma.corpora.spelling import are_tags
from onoma.corpora.tagged_records import tag_keys_of
from onoma.corpora.tally import ReadTally
from onoma.errors import OnomaError
from onoma.io.json_text import parsed
from onoma.io.lines import numbered_lines

WITH_COLUMNS = frozenset(["conll", "conllu", "table"])
"""Formats whose word and tag columns can be chosen by options."""

_HEAD_LINES = 2000
_EXAMINED_ROWS = 100
_MAX_COLUMNS = 12
_MAX_COVERED_FRACTION = 0.7
_CANDIDATE_FORMATS = (
    *("conll", "conllu", "germeval", "table", "hipe", "conll2012", "webanno", "wikiner", "pubtator", "jsonl"),
)
_COLUMN_CANDIDATE_FORMATS = ("conll", "table", "conll2012")
_COLUMN_FORMATS = WITH_COLUMNS | {"germeval", "hipe"}

Trial = Callable[[Path, str, ReadOptions], ReadTally]
"""Function that reads a whole file in a given format and returns the tally of the reading."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A format and columns to try, or a key of tags in JSON; None keeps the column of the options."""

    format: str
    word: int | None = None
    tag: int | str | None = None


def find_readable_options(path: Path, format: str, options: ReadOptions, *, trial: Trial) -> str:
    """Return command-line options that read the first lines of a file plausibly; empty if there are none.

    Args:
        path: the refused file.
        format: the format in which the file was refused.
        options: the options with which the file was refused.
        trial: function that reads a file; raises OnomaError if the file cannot be read or its content is implausible.
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
        for candidate in _generate_candidates(lines, format, options):
            word, tag = candidate.word or options.word_column, candidate.tag or options.tag_column
            trial_options = replace(options, word_column=word, tag_column=tag, skip_checks=False)
            if _is_readable(trial, head, candidate.format, trial_options):
                arguments = {
                    "--format": candidate.format if candidate.format != format else None,
                    "--word-column": candidate.word,
                    "--tag-column": candidate.tag,
                }
                return " ".join(f"{name} {value}" for name, value in arguments.items() if value is not None)
    return ""


def _generate_candidates(lines: Iterable[str], format: str, options: ReadOptions) -> Iterator[_Candidate]:
    """Yield candidates with one change before candidates with two.

    As tag columns, columns that contain only tags are tried first, then the others, each from the last to the first.
    """
    if format == "jsonl" and options.tag_column is None:
        yield from (_Candidate(format, tag=key) for key in _find_tag_keys(lines))
    word_lines = [line for line in lines if line.strip() and not line.startswith(("#", "-DOCSTART-"))][:_EXAMINED_ROWS]
    rows = [split_columns(line, tabs="\t" in line) for line in word_lines]
    columns = range(1, min(max(map(len, rows), default=0), _MAX_COLUMNS) + 1)
    tag_columns = [column for column in columns if are_tags({row[column - 1] for row in rows if len(row) >= column})]
    word_columns = [column for column in columns if column not in tag_columns]
    tag_candidates = [*reversed(tag_columns), *reversed(word_columns)]
    if format in WITH_COLUMNS:
        word = 1 if options.word_column is None else options.word_column
        yield from (_Candidate(format, tag=tag) for tag in tag_candidates if tag != word)
        yield from (_Candidate(format, word=word) for word in word_columns)
    if options.word_column is None and options.tag_column is None:
        yield from (_Candidate(each) for each in _CANDIDATE_FORMATS if each != format)
    for each in _COLUMN_CANDIDATE_FORMATS if format in _COLUMN_FORMATS else ():
        yield from (
            _Candidate(each, word=word, tag=tag) for tag in tag_candidates for word in word_columns if word != tag
        )


def _find_tag_keys(lines: Iterable[str]) -> list[str]:
    """Return the keys of tags in the first record of JSON Lines; empty for other JSON."""
    try:
        return tag_keys_of(parsed(next((line for line in lines if line.strip()), "")))
    except json.JSONDecodeError:
        return []


def _is_readable(trial: Trial, path: Path, format: str, options: ReadOptions) -> bool:
    """Return whether a file is read plausibly.

    It must contain entities, at most 70 % of its words may be in entities, and at most half of them may be numbers.
    """
    try:
        tally = trial(path, format, options)
    except OnomaError:
        return False
    plausible_coverage = not tally.words or tally.covered_words <= _MAX_COVERED_FRACTION * tally.words
    return tally.labels.total() > 0 and plausible_coverage and 2 * tally.sample.numbers <= tally.sample.size
