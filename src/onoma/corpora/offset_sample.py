"""Statistics of the bounds of the first entities of a corpus: whether they fit words better if counted otherwise.

Spans that quote their text show their unit themselves (see ``offset_units``); these counts are for those that do not.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from onoma.corpora.offset_units import fits_words, word_edges
from onoma.text import Document

_MAX_ENTITIES = 1_000
_MIN_ENTITIES = 3
_MOST_FITTING, _NEARLY_ALL = 0.7, 0.9
_SHIFTS = {
    "counted from 1": (-1, -1),
    "included the last character": (0, 1),
    "counted from 1 and included the last character": (-1, 0),
}
_BYTES = "counted bytes"


@dataclass(slots=True)
class OffsetSample:
    """Counts over the first 1,000 entities.

    Attributes:
        size: number of entities in the sample.
        fitting: number of those that do not begin or end inside a word or with white space.
        otherwise: for other ways to count, the number of entities that then begin and end where a word does.
    """

    size: int = 0
    fitting: int = 0
    otherwise: Counter[str] = field(default_factory=Counter)

    def add(self, document: Document) -> None:
        """Count the entities of a document, unless the sample is full."""
        text = document.text
        encoded = b"" if text.isascii() else text.encode("utf-8", "surrogatepass")
        for entity in document.entities[: max(0, _MAX_ENTITIES - self.size)]:
            start, end = entity.start, entity.end
            self.size += 1
            self.fitting += fits_words(text, start, end)
            for way, (start_shift, end_shift) in _SHIFTS.items():
                self.otherwise[way] += all(word_edges(text, start + start_shift, end + end_shift))
            if encoded:
                start, end = (len(encoded[:offset].decode(errors="ignore")) for offset in (start, end))
            self.otherwise[_BYTES] += all(word_edges(text, start, end))

    def problem(self) -> str:
        """Return in which other way nearly all entities fit of which many do not; empty if there is none."""
        if self.size < _MIN_ENTITIES or self.fitting >= _MOST_FITTING * self.size:
            return ""
        way, count = max(self.otherwise.items(), key=lambda item: item[1])
        if count < _NEARLY_ALL * self.size:
            return ""
        misfits = f"{self.size - self.fitting:,} of {self.size:,} entities"
        return f"{misfits} begin or end inside a word or with white space, as if their offsets {way}"
