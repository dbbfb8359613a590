"""Tagging schemes as tables: which tag may follow which, and which pairs belong to one entity.

A tag is ``O`` or a prefix, a hyphen and a label: ``B-PER``. A scheme is three sets of prefix pairs. ``continues`` holds
the pairs that, with the same label on both sides, belong to one entity. ``same`` and ``different`` hold all the pairs
that the scheme allows between equal labels and between different labels; O counts as different from every label.

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
    """One tagging scheme.

    Attributes:
        name: its common name.
        prefixes: what may come before a label.
        continues: pairs of prefixes that belong to one entity when their labels are equal.
        same: pairs allowed between equal labels.
        different: pairs allowed between different labels, and to and from ``O``.
    """

    name: str
    prefixes: str
    continues: frozenset[Pair]
    same: frozenset[Pair]
    different: frozenset[Pair]

    def allows(self, before: str, after: str, *, same: bool) -> bool:
        """Whether the prefix ``after`` may follow the prefix ``before``; a sentence has ``O`` before and after it."""
        return (before, after) in (self.same if same else self.different)

    def tags(self, labels: tuple[str, ...]) -> tuple[str, ...]:
        """All tags over these labels: ``O`` first, then the prefixes of each label."""
        return (OUTSIDE, *(f"{prefix}-{label}" for label in labels for prefix in self.prefixes))


def _pairs(text: str) -> frozenset[Pair]:
    return frozenset((pair[0], pair[1]) for pair in text.split())


def _scheme(name: str, prefixes: str, *, continues: str, starts: str, ends: str, splits: str = "") -> Scheme:
    """A scheme from the prefixes that may open and close an entity, and the pairs that part two of one label.

    Without ``splits`` an entity of the same label may follow at once wherever one of another label may.
    """
    between = {(end, start) for end in ends + OUTSIDE for start in starts + OUTSIDE}
    touching = {(end, start) for end in ends for start in starts}
    parted = _pairs(splits) if splits else touching
    return Scheme(
        name=name,
        prefixes=prefixes,
        continues=_pairs(continues),
        same=_pairs(continues) | parted,
        different=frozenset(between),
    )


SCHEMES: Mapping[str, Scheme] = MappingProxyType(
    {
        "BIO": _scheme("BIO", "BI", continues="BI II", starts="B", ends="BI"),
        "BIOES": _scheme("BIOES", "BIES", continues="BI BE II IE", starts="BS", ends="ES"),
        "BILOU": _scheme("BILOU", "BILU", continues="BI BL II IL", starts="BU", ends="LU"),
        "BMES": _scheme("BMES", "BMES", continues="BM BE MM ME", starts="BS", ends="ES"),
        "IOE2": _scheme("IOE2", "IE", continues="II IE", starts="IE", ends="E"),
        "IOB1": _scheme("IOB1", "BI", continues="BI II", starts="I", ends="BI", splits="IB BB"),
        "IOE1": _scheme("IOE1", "IE", continues="II IE", starts="IE", ends="I", splits="EI EE"),
        "IO": _scheme("IO", "I", continues="II", starts="I", ends="I", splits="II"),
    }
)
"""Every scheme by its name, in the order in which detection prefers them."""

ALIASES: Mapping[str, str] = MappingProxyType({"IOB2": "BIO", "IOB": "IOB1", "IOBES": "BIOES"})
"""Other names that people use."""


def scheme_named(name: str) -> Scheme:
    """The scheme of this name or alias, in any case of letters.

    Raises:
        KeyError: no scheme has the name.
    """
    upper = name.upper()
    return SCHEMES[ALIASES.get(upper, upper)]
