"""Sentences that models of words learn from."""

from __future__ import annotations

from collections import Counter

from onoma.encoding import WordWindower
from onoma.schemes import SCHEMES
from onoma.tasks import TagTask
from onoma.text import Document
from onoma.training.word_examples import word_examples

TASK = TagTask(("LOC", "PER"), scheme=SCHEMES["BIO"])
WINDOWER = WordWindower(window=8, overlap=2)


def read(document: Document, unusable: Counter[str] | None = None):
    counted = Counter[str]() if unusable is None else unusable
    return list(word_examples([document], windower=WINDOWER, task=TASK, unusable=counted))


def test_each_word_has_the_tag_of_its_entity():
    text = Document("Ada Byron met Bob. Then Lyon!")
    document = text.with_entities([text.entity(0, 9, "PER"), text.entity(14, 17, "PER"), text.entity(24, 28, "LOC")])
    first, second = read(document)
    assert (first.words, first.targets.tolist()) == (["Ada", "Byron", "met", "Bob", "."], [3, 4, 0, 3, 0])
    assert (second.words, second.targets.tolist()) == (["Then", "Lyon", "!"], [0, 1, 0])


def test_parts_of_a_long_sentence_know_that_they_are_parts():
    parts = read(Document.from_words([[str(number) for number in range(20)]]))
    assert [word for part in parts for word in part.words] == [str(number) for number in range(20)]
    assert [part.begins for part in parts] == [True] + [False] * (len(parts) - 1)
    assert [part.ends for part in parts] == [False] * (len(parts) - 1) + [True]


def test_a_sentence_bound_inside_an_entity_is_not_one():
    text = Document("Munich\nGermany")
    first, second = read(text.with_entities([text.entity(0, 14, "LOC")]))
    assert (first.targets.tolist(), second.targets.tolist()) == ([1], [2])
    assert (first.begins, first.ends, second.begins, second.ends) == (True, False, False, True)


def test_entities_that_cannot_be_tagged_are_counted():
    text = Document("Ada Byron")
    unusable: Counter[str] = Counter()
    read(text.with_entities([text.entity(0, 9, "PER"), text.entity(4, 9, "LOC")]), unusable)
    assert sum(unusable.values()) == 1
