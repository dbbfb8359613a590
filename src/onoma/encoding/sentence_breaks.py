"""Probable beginnings of sentences among the words of a text: hints for where to cut it, not a sentence splitter."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from onoma.encoding.words import WordSpans

_CLOSING_MARKS = frozenset(".!?…。！？؟।")


@dataclass(frozen=True, slots=True)
class SentenceBreaks:
    """Positions of words that begin a unit, or probably a sentence.

    A sentence probably ends before a word that does not begin in lower case, if the word before it consists of closing
    punctuation. An abbreviation includes its full stop, so it does not end a sentence. A position is evaluated on
    lookup, because only few positions of a long text are looked up.

    Attributes:
        words: words of the text.
        units: positions of the words that begin a unit.
    """

    words: WordSpans
    units: Container[int] = frozenset()

    def __contains__(self, position: object) -> bool:
        if not isinstance(position, int) or not 0 < position < len(self.words):
            return False
        return position in self.units or self._follows_sentence(position)

    def _follows_sentence(self, position: int) -> bool:
        starts, ends, text = self.words.starts, self.words.ends, self.words.text
        previous_word = text[starts[position - 1] : ends[position - 1]]
        first_character = text[starts[position] : starts[position] + 1]
        return bool(previous_word) and _CLOSING_MARKS.issuperset(previous_word) and not first_character.islower()
