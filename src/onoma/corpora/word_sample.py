"""Statistics of the first words of a corpus."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from onoma.corpora.spelling import looks_prefixed, looks_tagged

_MAX_WORDS = 5_000
PART_OF_SPEECH = re.compile(
    "ADJ|ADP|ADV|AUX|CCONJ|CONJ|DET|INTJ|NOUN|NUM|PART|PRON|PROPN|PUNCT|SCONJ|SYM|VERB|X|CC|CD|DT|EX|FW|IN|JJ[RS]?|MD|"
    "NNP?S?|PDT|POS|PRP[$]?|RB[RS]?|RP|TO|UH|VB[DGNPZ]?|WDT|WP[$]?|WRB|HYPH|NFP|ADD|AFX|GW|LS|XX|-LRB-|-RRB-|NE|ART|"
    "V[AMV](?:FIN|INF|PP|IZU)|APPR|ADJ[AD]|KON"
)
"""Pattern of common part-of-speech tags: those of Universal Dependencies, of the Penn Treebank, and some of STTS."""

_NUMBER = re.compile(r"[\d.,:/-]*\d[\d.,:/-]*")


@dataclass(slots=True)
class WordSample:
    """Counts over about the first 5,000 words.

    Attributes:
        size: number of words in the sample.
        numbers: number of words that are numbers.
        tags: number of words that could be tags.
        prefixed: number of words that could be tags with a prefix and a label.
        lettered: number of words with a letter.
        speech: number of words with a letter that could be part-of-speech tags.
        repeated: number of words that equal the previous word.
    """

    size: int = 0
    numbers: int = 0
    tags: int = 0
    prefixed: int = 0
    lettered: int = 0
    speech: int = 0
    repeated: int = 0

    def add(self, words: Iterable[str]) -> None:
        """Count the words of a document, unless the sample is full."""
        if self.size >= _MAX_WORDS:
            return
        words = list(words)
        self.size += len(words)
        self.numbers += sum(_NUMBER.fullmatch(word) is not None for word in words)
        self.tags += sum(map(looks_tagged, words))
        self.prefixed += sum(map(looks_prefixed, words))
        lettered = [word for word in words if any(map(str.isalpha, word))]
        self.lettered += len(lettered)
        self.speech += sum(PART_OF_SPEECH.fullmatch(word) is not None for word in lettered)
        self.repeated += sum(before == after for before, after in pairwise(words))
