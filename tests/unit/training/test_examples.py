"""Gold entities to targets: what fits is used as it is, what does not is counted and named."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from onoma.schemes import SCHEMES
from onoma.tasks import NO_TARGET, TagTask, gold_chunks
from onoma.text import Document
from onoma.training.examples import BEGINS, ENDS, make_examples
from support.annotated import annotated
from support.wordpieces import windower


def chunks(document: Document) -> tuple[list[tuple[int, int, str]], Counter[str]]:
    unusable: Counter[str] = Counter()
    (encoded,) = windower().encode([document])
    return [chunk[:3] for chunk in gold_chunks(encoded, unusable=unusable)], unusable


def test_entities_on_word_bounds_are_used_as_they_are():
    assert chunks(annotated("ab cd ef", (0, 5, "X"), (6, 8, "Y"))) == ([(0, 2, "X"), (2, 3, "Y")], Counter())


def test_an_entity_inside_a_word_grows_and_is_counted():
    found, unusable = chunks(annotated("ab cdef", (3, 5, "X")))
    assert found == [(1, 2, "X")]
    assert list(unusable.values()) == [1]


def test_of_nested_entities_the_longer_is_kept_and_the_other_counted():
    found, unusable = chunks(annotated("ab cd ef", (3, 5, "IN"), (0, 8, "OUT")))
    assert found == [(0, 3, "OUT")]
    assert unusable == Counter({"overlaps a longer entity: left out": 1})


def test_an_entity_over_blanks_alone_is_counted():
    assert chunks(annotated("ab   cd", (3, 4, "X"))) == ([], Counter({"covers no word: left out": 1}))


@pytest.mark.parametrize("words", [3, 40, 200])
def test_over_all_windows_every_word_has_its_target_once(words):
    texts = [["ab", "c", "def"][number % 3] for number in range(words)]
    document = Document.from_words([texts])
    start = len(document.text) - len(" ".join(texts[-2:]))
    document = document.with_entities([document.entity(start, len(document.text), "X")])
    task = TagTask(["X"], scheme=SCHEMES["BIO"])
    examples = list(make_examples([document], windower=windower(), task=task, unusable=Counter()))
    edges = np.concatenate([example.edges[example.targets != NO_TARGET] for example in examples])
    assert edges.nonzero()[0].tolist() == [0, words - 1]
    assert (edges[0], edges[-1]) == (BEGINS, ENDS)
    targets = np.concatenate([example.targets for example in examples])
    assert targets[targets != NO_TARGET].tolist() == [0] * (words - 2) + [1, 2]


def test_words_outside_of_entities_may_have_unannotated_labels():
    text = Document("ada left lyon")
    whole = text.with_entities([text.entity(0, 3, "PER")])
    documents = [
        whole,
        replace(whole, unannotated=frozenset(["LOC"])),
        replace(whole, unannotated=frozenset(["LOC", "ORG"])),
    ]
    unannotated = [frozenset(["LOC"]), frozenset(["LOC", "ORG"])]
    examples = make_examples(
        documents,
        windower=windower(),
        task=TagTask(["LOC", "ORG", "PER"], scheme=SCHEMES["BIO"], unannotated=unannotated),
        unusable=Counter(),
    )
    tags = len(SCHEMES["BIO"].tags(("LOC", "ORG", "PER")))
    assert [[target for target in example.targets if target >= 0] for example in examples] == [
        [5, 0, 0],
        [5, tags, tags],
        [5, tags + 1, tags + 1],
    ]


def test_a_sentence_does_not_end_inside_a_gold_entity():
    document = annotated("met Ada\nByron left\nBo left", (4, 13, "X"))
    task = TagTask(["X"], scheme=SCHEMES["BIO"])
    (example,) = make_examples([document], windower=windower(), task=task, unusable=Counter())
    edges = example.edges[example.targets != NO_TARGET].tolist()
    assert edges == [BEGINS, 0, 0, ENDS, BEGINS, ENDS]


def test_an_entity_before_the_first_word_changes_no_sentence():
    task = TagTask(["X"], scheme=SCHEMES["BIO"])
    documents = [annotated("\nBo left\nAda met Bo", (0, 1, "X"))]
    (example,) = make_examples(documents, windower=windower(), task=task, unusable=Counter())
    assert example.edges[example.targets != NO_TARGET].tolist() == [BEGINS, ENDS, BEGINS, 0, ENDS]
