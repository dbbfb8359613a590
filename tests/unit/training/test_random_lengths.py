"""Rows of sentences of mixed lengths: all of the text once more, in order, from one sentence to a whole window."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

import numpy as np
import pytest

from onoma.text import Document, Sentence, join
from onoma.training.random_lengths import with_mixed_lengths
from support.annotated import annotated
from support.wordpieces import windower

WINDOW = 256
SENTENCES = [
    Document.from_words([["ab"] * (1 + number % 7)], id=str(number)).with_entities([])
    for number in range(1, 900)
]  # fmt: skip


def mixed(documents: list[Document], *, seed: int = 1) -> list[Document]:
    """What comes behind the documents themselves, each of which comes once."""
    left = {id(document) for document in documents}
    rows: list[Document] = []
    for document in with_mixed_lengths(documents, windower=windower(window=WINDOW), seed=seed):
        if id(document) in left:
            left.remove(id(document))
        else:
            rows.append(document)
    assert not left
    return rows


def lengths(documents: list[Document]) -> list[int]:
    return [len(each.subwords.ids) + 2 for each in windower(window=WINDOW).encode(documents)]


def test_all_sentences_are_there_in_their_order():
    rows = mixed(SENTENCES)
    assert "\n".join(row.text for row in rows) == "\n".join(each.text for each in SENTENCES)
    names = [sentence.id for row in rows for sentence in row.sentences or ()]
    assert [name for name in names if name] == [each.id for each in SENTENCES if each.id in names]


def test_entities_go_along():
    documents = [replace(each, entities=(each.entity(0, 2, "X"),)) for each in SENTENCES]
    rows = mixed(documents)
    assert [entity.text for row in rows for entity in row.entities] == ["ab"] * len(documents)
    assert all(entity.start == 0 or row.text[entity.start - 1] == "\n" for row in rows for entity in row.entities)


def test_lengths_go_from_one_sentence_to_a_whole_window():
    found = np.array(lengths(mixed(SENTENCES)))
    assert found.max() <= WINDOW
    shares = [found[(found > low) & (found <= 2 * low)].sum() / found.sum() for low in (16, 32, 64, 128)]
    assert sum(shares) == pytest.approx(1, abs=0.02)
    assert min(shares[1:]) > 0.15


def test_another_seed_cuts_otherwise_and_the_same_seed_does_not():
    first, again, other = (mixed(SENTENCES, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert [each.text for each in first] != [each.text for each in other]


def test_documents_are_cut_at_their_sentences():
    documents = [join(SENTENCES[start : start + 100]) for start in range(0, len(SENTENCES), 100)]
    rows = mixed(documents)
    assert len(rows) > 2 * len(documents)
    assert max(lengths(rows)) <= WINDOW
    assert "\n".join(row.text for row in rows) == "\n".join(each.text for each in documents)


def test_a_sentence_that_fills_a_window_stays_alone():
    long = Document.from_words([["ab"] * 300])
    rows = mixed([SENTENCES[0], long, SENTENCES[1]])
    assert long in rows


def test_texts_without_sentence_bounds_count_as_one_sentence_each():
    texts = [annotated("ab ab", (0, 2, "X")) for _ in range(200)]
    rows = mixed(texts)
    assert len(rows) < 100
    assert all(row.sentences is None or len(row.sentences) > 1 for row in rows)
    assert sum(len(row.entities) for row in rows) == 200


def test_only_alike_texts_are_joined():
    """Given words and none, and what is annotated, differ between files and not within a row."""
    words = SENTENCES[:20]
    raw = [Document("ab ab") for _ in range(20)]
    partial = [replace(each, unannotated=frozenset(["X"])) for each in SENTENCES[20:40]]
    rows = mixed([*chain(words, raw, partial)])
    assert {row.unannotated for row in rows} == {frozenset(), frozenset(["X"])}
    counts = {
        key: sum(len(row.sentences or (Sentence(start=0, end=0),)) for row in rows if _kind(row) == key)
        for key in {_kind(row) for row in rows}
    }
    assert counts == {(True, False): 20, (False, False): 20, (True, True): 20}


def _kind(row: Document) -> tuple[bool, bool]:
    return row.words is not None, bool(row.unannotated)


def test_nothing_makes_nothing():
    assert mixed([]) == []
