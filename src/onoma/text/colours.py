"""Labels -> colours that stay the same from run to run and differ from each other while there are enough."""

from __future__ import annotations

from zlib import crc32

COLOURS = (
    "#c9472b", "#3a7fc4", "#44883d", "#a45ccd", "#94761e", "#24878c",
    "#cf3f7c", "#6b70d4", "#6a8021", "#b55f9c", "#b4652a", "#28895f",
)  # fmt: skip
"""Twelve hues, all of about the same middling luminance, so that they can be read on black and on white."""

# The start of the checksum with which the labels of the usual corpora (CoNLL, WNUT 2017, OntoNotes, BC5CDR) ask for
# colours far apart; the least bad of the first 20,000.
_START = 12421


class Palette:
    """Hands out colours; one palette serves one page or one run.

    A label asks for the colour that its own letters choose and takes the next free one if another label has it.

    >>> palette = Palette()
    >>> palette.number("PER") == Palette().number("PER") != palette.number("LOC")
    True
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, label: str) -> int:
        """The label's place in ``COLOURS``; shared with another label once all are taken."""
        if label not in self._numbers:
            wanted = crc32(label.encode("utf-8", "surrogatepass"), _START)
            order = [(wanted + step) % len(COLOURS) for step in range(len(COLOURS))]
            taken = set(self._numbers.values())
            self._numbers[label] = next((number for number in order if number not in taken), order[0])
        return self._numbers[label]
