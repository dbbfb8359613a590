"""Tasks of one label for each word or each sentence: targets, decoding, probabilities."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onoma.encoding import SubwordEncoder, Windower
from onoma.errors import InputError
from onoma.tasks import NO_TARGET, SentencePrediction, SentenceTask, Task, WordTask
from onoma.text import Document
from support.tiny import wordpiece

LABELS = ("ADP", "NOUN", "VERB")


def encode(document: Document):
    (encoded,) = Windower(SubwordEncoder(wordpiece()), window=64, overlap=8).encode([document])
    return encoded


def two_sentences() -> Document:
    return Document.from_words([["in", "lyon"], ["angela", "visited", "the"]])


def sentences(*lengths: int, seed: int) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    return [random.normal(size=(length, len(LABELS))).astype(np.float32) for length in lengths]


@pytest.mark.parametrize("task", [WordTask(LABELS), SentenceTask(LABELS)])
def test_word_and_sentence_tasks_implement_the_protocol(task):
    assert isinstance(task, Task)
    assert task.shape == (3,)
    assert all(isinstance(each, SentencePrediction) for each in task.decode(sentences(2, 1, seed=1)))
    assert task.decode([]) == []


@pytest.mark.parametrize("kind", [WordTask, SentenceTask])
def test_too_many_labels_are_refused(kind):
    with pytest.raises(InputError, match="1,001 labels"):
        kind([str(number) for number in range(1_001)])


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4), st.integers(0, 99))
def test_each_word_has_its_likeliest_label_and_its_probability(lengths, seed):
    given_ = sentences(*lengths, seed=seed)
    for scores, found in zip(given_, WordTask(LABELS).decode(given_), strict=True):
        shares = np.exp(scores.astype(float)) / np.exp(scores.astype(float)).sum(axis=1, keepdims=True)
        assert [(span.start, span.end) for span in found.spans] == [(n, n + 1) for n in range(len(scores))]
        assert [span.label for span in found.spans] == [LABELS[best] for best in scores.argmax(axis=1)]
        np.testing.assert_allclose([span.score for span in found.spans], shares.max(axis=1))
        np.testing.assert_allclose([found.probability(0, 1, label) for label in LABELS], shares[0])
        assert found.probability(0, len(scores) + 1, "NOUN") == found.probability(0, 1, "X") == 0.0


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4), st.integers(0, 99))
def test_a_sentence_has_the_label_of_its_mean_score(lengths, seed):
    given_ = sentences(*lengths, seed=seed)
    for scores, found in zip(given_, SentenceTask(LABELS).decode(given_), strict=True):
        mean = scores.astype(float).mean(axis=0)
        shares = np.exp(mean) / np.exp(mean).sum()
        (span,) = found.spans
        assert (span.start, span.end, span.label) == (0, len(scores), LABELS[int(mean.argmax())])
        np.testing.assert_allclose([found.probability(0, len(scores), label) for label in LABELS], shares)


def test_words_are_settled_at_once_and_sentences_only_when_whole():
    (scores,) = sentences(4, seed=1)
    assert (WordTask(LABELS).settled(scores), SentenceTask(LABELS).settled(scores)) == (4, 0)


def test_a_word_without_a_label_has_no_target():
    document = two_sentences()
    document = document.with_entities([document.entity(0, 2, "ADP"), document.entity(15, 22, "VERB")])
    unusable: Counter[str] = Counter()
    targets = WordTask(LABELS).targets(encode(document), unusable=unusable)
    assert targets.words.tolist() == [0, NO_TARGET, NO_TARGET, 2, NO_TARGET]
    assert not unusable


def test_all_words_of_a_sentence_have_its_label():
    document = two_sentences()
    document = document.with_entities([document.entity(8, 14, "NOUN")])
    targets = SentenceTask(LABELS).targets(encode(document), unusable=Counter())
    assert targets.words.tolist() == [NO_TARGET, NO_TARGET, 1, 1, 1]


def test_a_second_label_and_one_of_no_word_are_counted():
    document = two_sentences()
    twice = [document.entity(0, 2, "ADP"), document.entity(0, 2, "NOUN"), document.entity(2, 3, "NOUN")]
    unusable: Counter[str] = Counter()
    targets = WordTask(LABELS).targets(encode(document.with_entities(twice)), unusable=unusable)
    assert targets.words.tolist()[:2] == [0, NO_TARGET]
    assert unusable == {"is a second label of the same words: left out": 1, "covers no word: left out": 1}
