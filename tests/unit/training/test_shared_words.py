"""Entities that share a word of a text without given words are both learnt."""

from __future__ import annotations

from collections import Counter

from onoma.schemes import SCHEMES
from onoma.tasks import TagTask
from onoma.text import Document
from onoma.training.examples import make_examples
from support.wordpieces import windower


def unusable_in(document: Document) -> Counter[str]:
    unusable: Counter[str] = Counter()
    task = TagTask(["A", "B"], scheme=SCHEMES["BIO"])
    list(make_examples([document], windower=windower(), task=task, unusable=unusable))
    return unusable


def test_a_word_is_cut_where_its_entities_end() -> None:
    document = Document("ada-in-lyon")
    document = document.with_entities([document.entity(0, 6, "A"), document.entity(7, 11, "B")])
    assert not unusable_in(document)


def test_words_that_the_file_gives_stay() -> None:
    document = Document.from_words([["ada-in-lyon"]])
    document = document.with_entities([document.entity(0, 6, "A"), document.entity(7, 11, "B")])
    assert unusable_in(document)["overlaps a longer entity: left out"] == 1
