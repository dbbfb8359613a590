"""Conversion between tag sequences and chunks of words under any scheme, and detection of schemes.

A chunk is a half-open range of word positions with a label. This module does not depend on texts or files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from onoma.errors import SchemeError
from onoma.schemes.scheme import OUTSIDE, PREFIXES, SCHEMES, Scheme


class Chunk(NamedTuple):
    """The words ``[start, end)`` with a label."""

    start: int
    end: int
    label: str


class Tag(NamedTuple):
    """A tag's prefix and label; ``O`` has an empty label."""

    prefix: str
    label: str

    def has_same_label(self, other: Tag) -> bool:
        """Return whether two tags have the same label; ``O`` has none."""
        return self.label == other.label and self.prefix != OUTSIDE


Transition = tuple[str, str, bool]
"""Prefix of a tag, prefix of the next tag, and whether their labels are equal."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """The chunks of a tag sequence.

    Attributes:
        chunks: all chunks, including repaired ones.
        repairs: positions at which the sequence violated its scheme and was repaired.
        sound: chunks whose start and end the scheme allows, as used in strict evaluation.
    """

    chunks: tuple[Chunk, ...]
    repairs: tuple[int, ...]
    sound: tuple[Chunk, ...]


@lru_cache(maxsize=4096)
def parse_tag(tag: str) -> Tag:
    """Split a tag such as ``B-PER`` into prefix and label; a bare label such as ``PER`` gets the prefix ``I``.

    Raises:
        SchemeError: the tag is empty or has no label.
    """
    if tag == OUTSIDE:
        return Tag(OUTSIDE, "")
    prefix, hyphen, label = tag.partition("-")
    if has_prefix(tag):
        if not label:
            raise SchemeError(f"tag {tag!r} has no label; expected O or {prefix}-<label>")
        return Tag(prefix, label)
    if not tag or (not label and (hyphen or tag in PREFIXES)):
        raise SchemeError(f"tag {tag!r} has no label; expected O or <prefix>-<label>, as in B-PER")
    return Tag("I", tag)


def has_prefix(tag: str) -> bool:
    """Return whether a tag begins with a prefix of any scheme, as in ``B-PER``."""
    return tag[1:2] == "-" and tag[0] in PREFIXES


def decode_tags(tags: Sequence[str], scheme: Scheme) -> Decoded:
    """Decode the tags of one sentence into chunks.

    A transition that the scheme does not allow is repaired by the rule of the CoNLL scorer: an open entity ends before
    the tag, and the tag, unless it is ``O``, begins a new one. An entity that needs such a repair is not sound.

    Raises:
        SchemeError: a tag has no label, or its prefix is not in the scheme.
    """
    chunks: list[Chunk] = []
    sound: list[Chunk] = []
    repairs: list[int] = []
    before, start, start_allowed = Tag(OUTSIDE, ""), 0, True
    for position, tag in enumerate([*tags, OUTSIDE]):
        after = parse_tag(tag)
        if after.prefix != OUTSIDE and after.prefix not in scheme.prefixes:
            expected = ", ".join(f"{prefix}-<label>" for prefix in scheme.prefixes)
            raise SchemeError(f"tag {tag!r} is not in scheme {scheme.name}; expected O, {expected}")
        same = before.has_same_label(after)
        allowed = scheme.allows(before.prefix, after.prefix, same=same)
        if not allowed:
            repairs.append(position)
        if not (same and (before.prefix, after.prefix) in scheme.continues):
            if before.prefix != OUTSIDE:
                chunks.append(Chunk(start, position, before.label))
                if start_allowed and (allowed or scheme.allows(before.prefix, OUTSIDE, same=False)):
                    sound.append(chunks[-1])
            start, start_allowed = position, allowed or scheme.allows(OUTSIDE, after.prefix, same=False)
        before = after
    return Decoded(tuple(chunks), tuple(repairs), tuple(sound))


def encode_tags(chunks: Iterable[Chunk], *, length: int, scheme: Scheme) -> list[str]:
    """Encode chunks that do not overlap as the tags of a sentence of ``length`` words.

    Raises:
        ValueError: chunks overlap, are empty or exceed the sentence.
    """
    tags = [OUTSIDE] * length
    previous: Chunk | None = None
    for chunk in sorted(chunks):
        if not 0 <= chunk.start < chunk.end <= length or (previous is not None and chunk.start < previous.end):
            raise ValueError(f"{chunk} is empty, overlaps {previous}, or reaches outside {length} words")
        touches = previous is not None and previous.end == chunk.start and previous.label == chunk.label
        if touches and scheme.name == "IOE1":
            tags[chunk.start - 1] = f"E-{chunk.label}"
        for position, prefix in zip(range(chunk.start, chunk.end), _prefixes(chunk, scheme, touches), strict=True):
            tags[position] = f"{prefix}-{chunk.label}"
        previous = chunk
    return tags


def detect_scheme(transitions: Mapping[Transition, int]) -> Scheme:
    """Return the scheme that the fewest transitions violate; the first in the order of ``SCHEMES`` if several tie.

    Args:
        transitions: how often each transition occurs, including those from and to ``O`` at the ends of sentences.
    """

    def count_violations(scheme: Scheme) -> int:
        return sum(
            count for (before, after, same), count in transitions.items() if not scheme.allows(before, after, same=same)
        )

    return min(SCHEMES.values(), key=count_violations)


def _prefixes(chunk: Chunk, scheme: Scheme, touches: bool) -> list[str]:
    """Return the prefixes of a chunk's words.

    Args:
        chunk: the chunk.
        scheme: tagging scheme.
        touches: whether a chunk with the same label ends directly before this one.
    """
    length = chunk.end - chunk.start
    match scheme.name:
        case "BIO":
            return ["B"] + ["I"] * (length - 1)
        case "IOB1":
            return ["B" if touches else "I"] + ["I"] * (length - 1)
        case "IOE2":
            return ["I"] * (length - 1) + ["E"]
        case "BIOES" | "BILOU" | "BMES":
            begin, inside, last, single = tuple(scheme.prefixes)
            return [single] if length == 1 else [begin] + [inside] * (length - 2) + [last]
        case _:
            return ["I"] * length
