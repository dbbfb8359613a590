"""How well a tagger does on annotated documents: it tags them as it tags anything, and the scorer counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import tee

from onoma.metrics import Aligned, Report, align, tally
from onoma.tagger import Tagger
from onoma.text import Document


def evaluate(tagger: Tagger, gold: Iterable[Document]) -> Report:
    """Tag gold documents, their entities hidden, and score what comes out."""
    return tally(tag_gold(tagger, gold))


def tag_gold(tagger: Tagger, gold: Iterable[Document]) -> Iterator[Aligned]:
    """Tag gold documents, their entities hidden, and lay what comes out beside them."""
    gold, shown = tee(gold)
    return align(gold, tagger.tag_many(replace(document, entities=()) for document in shown))
