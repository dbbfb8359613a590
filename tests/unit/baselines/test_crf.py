"""The CRF over features: what it computes without python-crfsuite is what python-crfsuite computes."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest

from onoma.baselines import features
from onoma.baselines.crf import CrfScorer, fit_crf
from onoma.schemes import SCHEMES
from onoma.tasks import TagTask


def words_of(text: str) -> list[str]:
    return text.split()


SENTENCES = [
    ["Angela", "Merkel", "visited", "Lyon", "."],
    words_of("In Lyon , Merkel met B-52s at 10:30 !"),
    ["the", "mayor", "of", "Port-au-Prince"],
    ["北", "京", "欢", "迎", "你"],
    ["Lyon"],
    ["a\nb", "c --> d: 1.0", "}"],
    ["merkel"],
]
TAGS = [[1, 2, 0, 3, 0], [0, 3, 0, 1, 0, 1, 0, 0, 0], [0, 0, 0, 3], [3, 4, 0, 0, 0], [3], [0, 3, 0], [1]]
NUMBER = 5


@pytest.fixture(scope="module")
def fitted():
    pytest.importorskip("pycrfsuite", reason="python-crfsuite, the extra baselines, is not installed")
    targets = [np.asarray(tags, dtype=np.int32) for tags in TAGS]
    return fit_crf(SENTENCES, targets, tags=NUMBER, c1=0.01, c2=0.05, iterations=60)


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """The same, fitted and tagged by python-crfsuite, under the attributes' own names."""
    pycrfsuite = pytest.importorskip("pycrfsuite", reason="python-crfsuite, the extra baselines, is not installed")
    trainer = pycrfsuite.Trainer(verbose=False)
    trainer.set_params({"c1": 0.01, "c2": 0.05, "max_iterations": 60, "feature.possible_transitions": True})
    for words, tags in zip(SENTENCES, TAGS, strict=True):
        trainer.append(features.attributes(words), list(map(str, tags)))
    path = str(tmp_path_factory.mktemp("crf") / "model")
    trainer.train(path)
    tagger = pycrfsuite.Tagger()
    tagger.open(path)
    return tagger


OTHERS = [words_of("Merkel of Lyon met the unseen 42 ."), ["Lyon"], ["x"], ["北", "Lyon", "!"]]


@pytest.mark.parametrize("words", [*SENTENCES, *OTHERS], ids=" ".join)
def test_sequence_and_marginals_are_those_of_python_crfsuite(fitted, reference, words):
    (scores,) = CrfScorer(fitted.attributes, fitted.weights).score([words])
    best, marginals = _by_brute_force(scores, fitted.step) if len(words) < 6 else _by_recursion(scores, fitted.step)
    expected = reference.tag(features.attributes(words))
    assert [str(tag) for tag in best] == expected
    for position, shares in enumerate(marginals):
        found = [reference.marginal(str(tag), position) for tag in range(NUMBER)]
        np.testing.assert_allclose(shares, found, atol=1e-4)


def test_a_sentence_is_scored_the_same_among_others_and_alone(fitted):
    scorer, sentences = CrfScorer(fitted.attributes, fitted.weights), [*SENTENCES, *OTHERS]
    together = scorer.score(sentences)
    for words, scores in zip(sentences, together, strict=True):
        (alone,) = CrfScorer(fitted.attributes, fitted.weights).score([words])
        np.testing.assert_array_equal(alone, scores)


def test_words_in_the_middle_of_a_long_sentence_know_only_two_words_around_them(fitted):
    scorer = CrfScorer(fitted.attributes, fitted.weights)
    words = [*["one", "two", "three"], *SENTENCES[0], *["four", "five", "six"]]
    whole, part = scorer.score([words, words[1:-1]])
    np.testing.assert_array_equal(whole[3:-3], part[2:-2])


def test_a_tag_that_is_nowhere_in_the_training_text_is_as_good_as_impossible():
    pytest.importorskip("pycrfsuite", reason="python-crfsuite, the extra baselines, is not installed")
    targets = [np.asarray(tags, dtype=np.int32) for tags in TAGS if 4 not in tags]
    sentences = [words for words, tags in zip(SENTENCES, TAGS, strict=True) if 4 not in tags]
    fitted = fit_crf(sentences, targets, tags=NUMBER, c1=0.01, c2=1.0, iterations=60)
    task = TagTask(("PER", "LOC"), scheme=SCHEMES["BIO"], parameters=fitted.transitions())
    scores = CrfScorer(fitted.attributes, fitted.weights).score([["Lyon", "x"], ["Lyon", "Lyon"]])
    assert task.span_probabilities(scores, start=0, end=2, label="LOC") == pytest.approx([0, 0], abs=1e-12)
    assert min(task.span_probabilities(scores, start=0, end=1, label="LOC")) > 0.5


def test_a_text_without_entities_can_be_fitted():
    pytest.importorskip("pycrfsuite", reason="python-crfsuite, the extra baselines, is not installed")
    fitted = fit_crf([["x", "y"]], [np.zeros(2, dtype=np.int32)], tags=3, c1=0.1, c2=0.01, iterations=5)
    task = TagTask(("LOC",), scheme=SCHEMES["BIO"], parameters=fitted.transitions())
    (reading,) = task.decode(CrfScorer(fitted.attributes, fitted.weights).score([["Lyon", "x"]]))
    assert list(reading.spans) == []


def test_no_sentences_have_no_scores(fitted):
    assert CrfScorer(fitted.attributes, fitted.weights).score([]) == []


def _by_brute_force(scores, step):
    totals = {
        tags: sum(scores[position, tag] for position, tag in enumerate(tags))
        + sum(step[before, after] for before, after in pairwise(tags))
        for tags in product(range(NUMBER), repeat=len(scores))
    }
    peak = max(totals.values())
    weights = {tags: np.exp(float(total) - float(peak)) for tags, total in totals.items()}
    marginals = np.zeros((len(scores), NUMBER))
    for tags, weight in weights.items():
        for position, tag in enumerate(tags):
            marginals[position, tag] += weight
    return max(totals, key=lambda tags: totals[tags]), marginals / sum(weights.values())


def _by_recursion(scores, step):
    emissions, step = scores.astype(np.float64), np.asarray(step)
    forward, back, best, came_from = [emissions[0]], [np.zeros(NUMBER)], [emissions[0]], []
    for row in emissions[1:]:
        forward.append(row + np.logaddexp.reduce(forward[-1][:, None] + step, axis=0))
        paths = best[-1][:, None] + step
        came_from.append(paths.argmax(axis=0))
        best.append(row + paths.max(axis=0))
    for row in emissions[:0:-1]:
        back.append(np.logaddexp.reduce(step + row + back[-1], axis=1))
    joint = np.stack(forward) + np.stack(back[::-1])
    tags = [int(best[-1].argmax())]
    for arrows in reversed(came_from):
        tags.append(int(arrows[tags[-1]]))
    return tags[::-1], np.exp(joint - np.logaddexp.reduce(joint, axis=1)[:, None])
