"""The gazetteer: which entities it holds, where it finds them, and with which score."""

from __future__ import annotations

import numpy as np
import pytest

from onoma.baselines.gazetteer import Entry, GazetteerScorer, fit_gazetteer, gazetteer_arrays
from onoma.schemes import SCHEMES, Chunk
from onoma.tasks import TagTask


def words_of(text: str) -> list[str]:
    return text.split()


def fit(*sentences: str) -> dict[str, Entry]:
    """Fit to sentences in which ``[…|LABEL]`` is an entity."""
    words, chunks = [], []
    for sentence in sentences:
        own: list[str] = []
        found = []
        for part in sentence.replace("[", "\0[").replace("]", "]\0").split("\0"):
            text, _, label = part.strip("[]").partition("|")
            if label:
                found.append(Chunk(len(own), len(own) + len(text.split()), label))
            own += text.split()
        words.append(own)
        chunks.append(found)
    return {" ".join(entity): entry for entity, entry in fit_gazetteer(words, chunks).items()}


def test_an_entity_has_its_most_frequent_label_and_the_share_of_its_matches_that_were_one():
    entries = fit("[Lyon|LOC] wins", "in [Lyon|LOC]", "[Lyon|ORG] lost", "Lyon [Lyon|LOC]")
    assert entries == {"Lyon": Entry("LOC", 3 / 5)}


def test_what_is_as_often_no_entity_is_left_out():
    assert fit("[Will|PER] will", "Will it ?") == {}
    assert fit("[A|X]", "[A|Y]") == {}


def test_a_shorter_entity_is_not_counted_where_a_longer_one_matches():
    entries = fit("[New York|LOC]", "[York|LOC]", "[New York|LOC] and [New York|LOC]")
    assert entries["York"].share == 1.0


ENTRIES = {
    ("Lyon",): Entry("LOC", 0.6),
    ("New", "York"): Entry("LOC", 0.75),
    ("New", "York", "Times"): Entry("ORG", 1.0),
    ("Angela", "Dorothea", "Merkel", "junior"): Entry("PER", 0.52),
}


@pytest.mark.parametrize("scheme", ["BIO", "BIOES"])
def test_the_score_of_an_entity_is_the_share_of_its_entry(scheme):
    task = TagTask(("LOC", "ORG", "PER"), scheme=SCHEMES[scheme])
    text = words_of("In New York , Lyon and New York Times Angela Dorothea Merkel junior Lyon New York")
    (reading,) = task.decode(GazetteerScorer(ENTRIES, task).score([text]))
    found = [(" ".join(text[span.start : span.end]), span.label, span.score) for span in reading.spans]
    expected = [
        ("New York", "LOC", 0.75),
        ("Lyon", "LOC", 0.6),
        ("New York Times", "ORG", 1.0),
        ("Angela Dorothea Merkel junior", "PER", 0.52),
        ("Lyon", "LOC", 0.6),
        ("New York", "LOC", 0.75),
    ]
    assert [(text, label) for text, label, _ in found] == [(text, label) for text, label, _ in expected]
    np.testing.assert_allclose([score for *_, score in found], [score for *_, score in expected], atol=1e-5)


def test_it_is_the_same_after_it_was_saved():
    task = TagTask(("LOC", "ORG", "PER"), scheme=SCHEMES["BIO"])
    sentences = [["New", "York", "Times"], ["x"], ["Lyon", "Lyon"]]
    again = GazetteerScorer.of(gazetteer_arrays(ENTRIES), task)
    for one, other in zip(GazetteerScorer(ENTRIES, task).score(sentences), again.score(sentences), strict=True):
        np.testing.assert_array_equal(one, other)


def test_an_empty_gazetteer_finds_nothing():
    task = TagTask(("LOC",), scheme=SCHEMES["BIO"])
    (reading,) = task.decode(GazetteerScorer.of(gazetteer_arrays({}), task).score([["Lyon"]]))
    assert list(reading.spans) == []


def test_a_word_with_a_line_end_is_saved_as_one_word():
    task = TagTask(("LOC",), scheme=SCHEMES["BIO"])
    entries = {("New\nYork",): Entry("LOC", 1.0), ("New", "Lyon"): Entry("LOC", 1.0)}
    scorer = GazetteerScorer.of(gazetteer_arrays(entries), task)
    readings = task.decode(scorer.score([["New\nYork"], ["New", "York"], ["New", "Lyon"]]))
    assert [[(span.start, span.end) for span in reading.spans] for reading in readings] == [[(0, 1)], [], [(0, 2)]]
