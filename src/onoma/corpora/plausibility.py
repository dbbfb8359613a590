"""Check that the content read from a corpus is plausible, and not from the wrong column or in the wrong format.

The check uses the counts of the reading, not the file. It refuses only what no corpus contains: labels such as ``_`` or
``X[1]``, words that are nearly all numbers or tags, or mostly repetitions, nearly every word in an entity,
part-of-speech tags, prefixes that were read as parts of labels, offsets that fit words only if they are counted in
another way, and a file of annotations without entities. See
``docs/decisions/014``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

from onoma.corpora.column_detection import TAG_NAMES
from onoma.corpora.option_search import WITH_COLUMNS
from onoma.corpora.options import ReadOptions
from onoma.corpora.spelling import looks_tagged
from onoma.corpora.tally import ReadTally
from onoma.corpora.word_sample import PART_OF_SPEECH, WordSample
from onoma.errors import CorpusError, OnomaError
from onoma.io.lines import numbered_lines

_MIN_WORDS = 5
_NEARLY_ALL_FRACTION = 0.9
_MOST_FRACTION = 0.5
_SHOWN_LINES, _SHOWN_CHARACTERS = 3, 60
_IMPLAUSIBLE_LABELS = (
    (re.compile(r".*\*.*|\(.*|[^(]*\)"), "look like brackets around a name"),
    (re.compile(r".*\[\d+\]"), "have numbers in brackets"),
    (re.compile(r"[\W_]+"), "have no letter"),
    (re.compile(r"[\d.,:-]+"), "are numbers; --tag-names names the tags that numbers stand for"),
)
_BROKEN_LABEL = re.compile(r"[-_.,:;=|\s].*|.*[-_,:;=|\[(\s]", re.DOTALL)
_PHRASE_LABEL = re.compile("NP|VP|PP|ADVP|ADJP|SBAR|PRT|CONJP|INTJ|LST|UCP|NC|VC|PC")
_PREFIX_WORD = re.compile(
    "[BIESLUM]|BEGIN|BEG|START|INSIDE|IN|INT|CONT|MID|MIDDLE|END|LAST|SINGLE|SING|UNIT", re.IGNORECASE
)
_BARE_SCHEMES = ("IOB1", "IO")
"""Schemes that are detected for tags without the prefix of a scheme."""

_LABEL_SEPARATOR = re.compile(r"[\W_]+")


def check_plausible(
    tally: ReadTally, *, path: Path, format: str, options: ReadOptions, advise: Callable[[], str]
) -> None:
    """Check that a corpus that was read completely is plausible.

    Args:
        tally: tally of the reading.
        path, format, options: of the corpus.
        advise: returns options that read the corpus plausibly; empty if there are none.

    Raises:
        CorpusError: the corpus is implausible; the message gives the reason, the first lines, and the options to try.
    """
    if options.texts_only or options.skip_checks:
        return
    if options.labelled == "spans" and (misfit := tally.offsets.problem()):
        raise CorpusError(f"{misfit}; correct them, or accept the file as it is with --skip-checks", path=path)
    problem = next(_find_problems(tally, options), None)
    if problem is None:
        return
    if suggestion := advise():
        advice = f"it makes sense with {suggestion}"
    elif tally.scheme is not None and format in WITH_COLUMNS:
        advice = "choose the columns with --word-column and --tag-column, name another --format"
    else:
        advice = "name another --format"
    message = (
        f"read as {format}, {problem}{_describe_beginning(path, options)}; {advice}, or accept it as it is with "
        "--skip-checks"
    )
    raise CorpusError(message, path=path)


def _find_problems(tally: ReadTally, options: ReadOptions) -> Iterator[str]:
    """Yield the reasons why the corpus is implausible, the most telling first."""
    if tally.sample.size >= _MIN_WORDS:
        yield from _find_word_problems(tally.sample)
    if options.labelled != "spans":
        return
    yield from _find_label_problems(tally)
    words, covered = tally.words, tally.covered_words
    if tally.scheme is not None and words >= _MIN_WORDS and covered > _NEARLY_ALL_FRACTION * words:
        share = f"{min(covered, words):,} of {words:,}"
        yield f"nearly every word is in an entity ({share}), as {_format_labels(tally.labels, tally.labels)}"
    report = tally.report(forced=False)
    omitted = report.omitted
    count, reasons = sum(found.count for found in omitted.values()), "; ".join(omitted)
    has_enough = tally.words >= _MIN_WORDS if tally.words else tally.documents > 1
    has_enough |= bool(report.unusable)
    if not tally.labels and tally.annotated and has_enough and not options.may_be_empty and not options.labels:
        yield f"none of its {count:,} annotations can be used ({reasons})" if count else "it has no entity at all"


def _find_word_problems(sample: WordSample) -> Iterator[str]:
    if sample.numbers > _NEARLY_ALL_FRACTION * sample.size:
        yield f"nearly every word is a number ({sample.numbers:,} of {sample.size:,})"
    if sample.tags > _NEARLY_ALL_FRACTION * sample.size and sample.prefixed:
        yield f"nearly every word is a tag ({sample.tags:,} of {sample.size:,})"
    if sample.speech > _NEARLY_ALL_FRACTION * sample.lettered > 0:
        yield f"nearly every word is a part of speech ({sample.speech:,} of {sample.lettered:,} with a letter)"
    if sample.repeated > _MOST_FRACTION * sample.size:
        yield f"most words are the same as the one before ({sample.repeated:,} of {sample.size:,})"


def _find_label_problems(tally: ReadTally) -> Iterator[str]:
    labels, total = tally.labels, tally.labels.total()
    for pattern, description in _IMPLAUSIBLE_LABELS:
        if matching := list(filter(pattern.fullmatch, labels)):
            yield f"labels {description}: {_format_labels(labels, matching)}"
    several_tags = [label for label in labels if _is_several_tags(label)]
    if tally.scheme is not None and several_tags:
        yield (
            f"labels are several tags: {_format_labels(labels, several_tags)}; if a line is a sentence with its tags, "
            "name the columns in a first line, as in text<TAB>tags"
        )
    broken_labels = list(filter(_BROKEN_LABEL.fullmatch, labels)) if tally.scheme is not None else []
    if broken_labels:
        yield f"labels begin or end with signs, as broken tags do: {_format_labels(labels, broken_labels)}"
    speech_labels = [label for label in labels if PART_OF_SPEECH.fullmatch(label)]
    if len(speech_labels) > 1 and sum(labels[label] for label in speech_labels) > _MOST_FRACTION * total:
        yield f"labels are parts of speech: {_format_labels(labels, speech_labels)}"
    if tally.scheme is not None and labels and all(map(_PHRASE_LABEL.fullmatch, labels)) and len(labels) > 1:
        yield f"labels are those of phrases: {_format_labels(labels, labels)}"
    headers = [label for label in labels if label.upper() in TAG_NAMES and labels[label] == 1]
    if tally.scheme is not None and headers and total > 1:
        yield f"a label is the name of a column: {headers[0]}"
    if tally.scheme in _BARE_SCHEMES and (prefixes := _find_common_prefixes(labels)):
        joined = ", ".join(prefixes)
        yield f"labels come with prefixes that are not those of a scheme ({joined}): {_format_labels(labels, labels)}"


def _is_several_tags(label: str) -> bool:
    further = label.split()[1:]
    return bool(further) and all(map(looks_tagged, further))


def _find_common_prefixes(labels: Counter[str]) -> list[str]:
    """Return the markers of the beginning and inside of an entity that all labels have as their first or last part."""
    parts = [_LABEL_SEPARATOR.split(label) for label in labels]
    for position in (0, -1):
        prefixes = {each[position] for each in parts if len(each) > 1}
        if len(prefixes) > 1 and all(len(each) > 1 for each in parts) and all(map(_PREFIX_WORD.fullmatch, prefixes)):
            return sorted(prefixes)
    return []


def _format_labels(labels: Counter[str], chosen: Iterable[str]) -> str:
    ordered = sorted(chosen, key=lambda label: -labels[label])
    return ", ".join(ordered[:5]) + (", …" if len(ordered) > 5 else "")


def _describe_beginning(path: Path, options: ReadOptions) -> str:
    """Return a description of the first non-blank lines; empty if the path is not a text file."""
    if path.is_dir():
        return ""
    try:
        lines = (line for _, line in numbered_lines(path, encoding=options.encoding) if line.strip())
        beginnings = [line[:_SHOWN_CHARACTERS] for line in islice(lines, _SHOWN_LINES)]
    except OnomaError:
        return ""
    return f"; it begins with {' | '.join(map(repr, beginnings))}" if beginnings else ""
