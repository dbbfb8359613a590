"""First pass over the tags of a file, to detect their spelling and scheme."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import chain, pairwise
from pathlib import Path

from onoma.corpora.blocks import SentenceBlock
from onoma.corpora.options import ReadOptions, chosen_scheme
from onoma.corpora.spelling import TagSpelling, is_number
from onoma.errors import SchemeError
from onoma.schemes import OUTSIDE, Scheme, Transition, detect_scheme, has_prefix, parse_tag

_SENTENCE_EDGE = "\n"
"""Marks the beginning and the end of a sentence in pairs of tags; no tag of a file is a line feed."""


@dataclass(frozen=True, slots=True)
class TagTransitions:
    """Counts of the pairs of neighbouring tags in the sentences of a file."""

    _pairs: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, block: SentenceBlock) -> None:
        """Count the tag pairs of a sentence."""
        for tags in block.layers:
            self._pairs.update(pairwise(chain((_SENTENCE_EDGE,), tags, (_SENTENCE_EDGE,))))

    def __bool__(self) -> bool:
        return bool(self._pairs)

    @property
    def are_numbers(self) -> bool:
        """Whether all tags are numbers."""
        return bool(self) and all(map(is_number, self._tags))

    @property
    def _tags(self) -> set[str]:
        return {tag for pair in self._pairs for tag in pair} - {_SENTENCE_EDGE}

    def result(
        self,
        options: ReadOptions,
        *,
        path: Path,
        blocks: Callable[[], Iterable[object]],
        names: tuple[str, ...] | None = None,
    ) -> tuple[Scheme, TagSpelling]:
        """Return the scheme, given or detected, and the spelling of the tags.

        If only texts or the labels of words are wanted, there is no scheme to detect, and BIO is returned.

        Args:
            options: reading options, which may give the scheme and the meaning of the tags.
            path: the file, for messages.
            blocks: reads the sentences of the file again, to find the line of an invalid tag.
            names: the tags that numbers stand for; by default those of the options.

        Raises:
            SchemeError: a tag is invalid, for example without a label; the error has the path and, if known, the line.
        """
        if options.texts_only:
            return chosen_scheme("BIO"), TagSpelling()
        if options.labelled == "words":
            known = tuple(names or options.tag_names)
            return chosen_scheme("BIO"), TagSpelling(form="number", names=known) if known else TagSpelling()
        try:
            spelling = TagSpelling.of(self._tags, default_label=options.default_label, names=names or options.tag_names)
        except SchemeError as error:
            raise SchemeError(error.message, path=path) from None
        transitions: Counter[Transition] = Counter()
        try:
            for pair, count in self._pairs.items():
                tags = (OUTSIDE if tag == _SENTENCE_EDGE else tag for tag in pair)
                before, after = map(parse_tag, spelling.all(tags))
                transitions[before.prefix, after.prefix, before.has_same_label(after)] += count
        except SchemeError as error:
            raise self._locate_error(error, lambda tag: parse_tag(*spelling.all([tag])), path, blocks()) from None
        if not options.skip_checks:
            self._check_prefixes(spelling, path, blocks)
        scheme = chosen_scheme(options.scheme) if options.scheme is not None else detect_scheme(transitions)
        return scheme, spelling

    def _check_prefixes(self, spelling: TagSpelling, path: Path, blocks: Callable[[], Iterable[object]]) -> None:
        """Check that all tags have a prefix if some have one; the others are misspelled tags and not labels.

        Raises:
            SchemeError: some tags have no prefix; the error has path and line.
        """
        tags = set(spelling.all(self._tags)) - {OUTSIDE}
        prefixed = sorted(filter(has_prefix, tags))
        unprefixed = tags - set(prefixed)
        if not prefixed or not unprefixed:
            return
        examples = ", ".join(prefixed[:3])

        def check(tag: str) -> None:
            if spelling.all([tag])[0] in unprefixed:
                message = f"tag {tag!r} has no prefix, but other tags of the file have one ({examples})"
                raise SchemeError(f"{message}; fix it, or accept it as a label with --skip-checks")

        raise self._locate_error(SchemeError("tags with and without prefixes"), check, path, blocks())

    @staticmethod
    def _locate_error(
        error: SchemeError, check: Callable[[str], object], path: Path, blocks: Iterable[object]
    ) -> SchemeError:
        """Return the error of the first tag for which a check fails, with its line; else the error without a line."""
        for block in blocks:
            if not isinstance(block, SentenceBlock):
                continue
            for tags in block.layers:
                for line, tag in zip(block.lines, tags, strict=True):
                    try:
                        check(tag)
                    except SchemeError as tag_error:
                        return SchemeError(tag_error.message, path=path, line=line)
        return SchemeError(error.message, path=path)
