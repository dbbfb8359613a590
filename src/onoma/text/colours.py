"""Colours of labels, which are the same in every run and distinct as long as there are enough colours."""

from __future__ import annotations

from zlib import crc32

COLOURS = (
    "#c9472b", "#3a7fc4", "#44883d", "#a45ccd", "#94761e", "#24878c",
    "#cf3f7c", "#6b70d4", "#6a8021", "#b55f9c", "#b4652a", "#28895f",
)  # fmt: skip
"""Twelve hues of about the same medium luminance, so that they are readable on black and on white."""

# Initial value of the checksum: the best of the first 20,000 at giving the labels of common corpora (CoNLL, WNUT 2017,
# OntoNotes, BC5CDR) colours that are far apart.
_CHECKSUM_SEED = 12421


class Palette:
    """Assignment of colours to labels, for one page or one run.

    A label gets the colour that a checksum of its name selects, or the next free one if another label has that colour.

    >>> palette = Palette()
    >>> palette.number("PER") == Palette().number("PER") != palette.number("LOC")
    True
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, label: str) -> int:
        """Return the label's index in ``COLOURS``; labels share colours once all are taken."""
        if label not in self._numbers:
            preferred = crc32(label.encode("utf-8", "surrogatepass"), _CHECKSUM_SEED)
            order = [(preferred + step) % len(COLOURS) for step in range(len(COLOURS))]
            used = set(self._numbers.values())
            self._numbers[label] = next((number for number in order if number not in used), order[0])
        return self._numbers[label]
