"""Tagging schemes as tables: which tag may follow which, and which pairs of tags belong to one entity.

A tag is ``O`` or a prefix, a hyphen and a label: ``B-PER``. A scheme is defined by three sets of prefix pairs.
``continues`` holds the pairs that belong to one entity if their labels are equal. ``same`` and ``different`` hold all
pairs that the scheme allows between equal labels and between different labels; ``O`` differs from every label.

Sources: IOB1 and IOB2, Ramshaw and Marcus 1995, Tjong Kim Sang and Veenstra 1999; IOE1 and IOE2, the latter paper;
BIOES (also IOBES), Uchimoto et al. 2000; BILOU, Ratinov and Roth 2009; BMES, the same with M for I, is usual for
Chinese.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

OUTSIDE = "O"

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Scheme:
    """A tagging scheme.

    Attributes:
        name: common name of the scheme.
        prefixes: prefixes of its tags, one character each, without ``O``.
        continues: pairs of prefixes that belong to one entity if their labels are equal.
        same: pairs allowed between equal labels.
        different: pairs allowed between different labels, and to and from ``O``.
    """

    name: str
    prefixes: str
    continues: frozenset[Pair]
    same: frozenset[Pair]
    different: frozenset[Pair]

    def allows(self, before: str, after: str, *, same: bool) -> bool:
        """Return whether one prefix may follow another.

        Args:
            before, after: adjacent prefixes; ``O`` stands before the first and after the last tag of a sentence.
            same: whether their labels are equal.
        """
        return (before, after) in (self.same if same else self.different)

    def tags(self, labels: tuple[str, ...]) -> tuple[str, ...]:
        """Return all tags for these labels: ``O`` first, then each label with all prefixes."""
        return (OUTSIDE, *(f"{prefix}-{label}" for label in labels for prefix in self.prefixes))


def _parse_pairs(text: str) -> frozenset[Pair]:
    return frozenset((pair[0], pair[1]) for pair in text.split())


def _build_scheme(name: str, prefixes: str, *, continues: str, starts: str, ends: str, splits: str = "") -> Scheme:
    """Build a scheme.

    Args:
        name: common name of the scheme.
        prefixes: all prefixes.
        continues: pairs of prefixes within one entity.
        starts, ends: prefixes with which an entity may start and end.
        splits: pairs of prefixes at the boundary of two adjacent entities of the same label; by default the same pairs
            as between entities of different labels.
    """
    boundary_pairs = {(end, start) for end in ends + OUTSIDE for start in starts + OUTSIDE}
    adjacent_pairs = {(end, start) for end in ends for start in starts}
    split_pairs = _parse_pairs(splits) if splits else adjacent_pairs
    return Scheme(
        name=name,
        prefixes=prefixes,
        continues=_parse_pairs(continues),
        same=_parse_pairs(continues) | split_pairs,
        different=frozenset(boundary_pairs),
    )


SCHEMES: Mapping[str, Scheme] = MappingProxyType(
    {
        "BIO": _build_scheme("BIO", "BI", continues="BI II", starts="B", ends="BI"),
        "BIOES": _build_scheme("BIOES", "BIES", continues="BI BE II IE", starts="BS", ends="ES"),
        "BILOU": _build_scheme("BILOU", "BILU", continues="BI BL II IL", starts="BU", ends="LU"),
        "BMES": _build_scheme("BMES", "BMES", continues="BM BE MM ME", starts="BS", ends="ES"),
        "IOE2": _build_scheme("IOE2", "IE", continues="II IE", starts="IE", ends="E"),
        "IOB1": _build_scheme("IOB1", "BI", continues="BI II", starts="I", ends="BI", splits="IB BB"),
        "IOE1": _build_scheme("IOE1", "IE", continues="II IE", starts="IE", ends="I", splits="EI EE"),
        "IO": _build_scheme("IO", "I", continues="II", starts="I", ends="I", splits="II"),
    }
)
"""All schemes by name, in order of preference for automatic detection."""

ALIASES: Mapping[str, str] = MappingProxyType({"IOB2": "BIO", "IOB": "IOB1", "IOBES": "BIOES"})
"""Alternative names of schemes."""


def get_scheme(name: str) -> Scheme:
    """Return the scheme with this name or alias, ignoring case.

    Raises:
        KeyError: no scheme has the name.
    """
    upper = name.upper()
    return SCHEMES[ALIASES.get(upper, upper)]


PREFIXES = frozenset("".join(scheme.prefixes for scheme in SCHEMES.values()))
"""The prefixes of all schemes."""
