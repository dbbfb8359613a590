"""Targets, integrated gradients and occlusion, on random weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from onoma.errors import BundleError, InputError
from onoma.explanation import Explainer
from onoma.explanation.gradients import integrated_gradients
from onoma.explanation.target import Target, masked_logits
from onoma.explanation.target_log_odds import target_log_odds
from onoma.models import TorchBackend
from onoma.tasks import log_odds

TEXT = "angela merkel visited lyon in the morning"
ASKED = [(0, 6), (0, 13), (22, 26), (34, 41), (0, 41)]


def whole(question):
    return np.zeros((1, len(question.target.passage.words)), dtype=bool)


@pytest.mark.parametrize("label", ["PER", "LOC", "O"])
def test_the_target_is_the_same_number_in_numpy_and_in_torch(either, label):
    _, questions = either.questions(TEXT, spans=ASKED, label=label)
    for question in questions:
        passage = question.target.passage
        logits = masked_logits(either.backend, passage, whole(question))
        expected = log_odds(question.target.probabilities(logits))
        found = target_log_odds(torch.from_numpy(logits), question.target)
        assert found.numpy() == pytest.approx(expected, abs=1e-9)


def test_a_predicted_entity_has_the_score_that_the_tagger_gave_it(either):
    document, questions = either.questions(TEXT)
    assert document.entities
    for entity, question in zip(document.entities, questions, strict=True):
        assert question.predicted
        assert (question.entity.start, question.entity.label) == (entity.start, entity.label)
        assert question.entity.score == pytest.approx(entity.score)


def test_labels_of_a_span_share_its_probability(explainer):
    _, questions = explainer.questions(TEXT, spans=["lyon"], label="PER")
    passage = questions[0].target.passage
    logits = masked_logits(explainer.backend, passage, whole(questions[0]))
    task = explainer.bundle.task()
    scores = [Target(passage, task, label).probabilities(logits)[0] for label in ("PER", "LOC", "O")]
    assert 0 < sum(scores) <= 1


@pytest.mark.parametrize("place", ASKED)
def test_integrated_gradients_add_up_to_the_difference_of_the_target(either, place):
    (explained,) = either.explain(TEXT, spans=[place]).explanations
    pushes = sum(word.gradients for word in explained.words)
    assert explained.log_odds - explained.baseline == pytest.approx(pushes + explained.gap)
    assert abs(explained.gap) < 0.05 * max(1.0, abs(explained.log_odds - explained.baseline))


def test_more_integration_steps_give_a_smaller_gap(either):
    _, (question,) = either.questions(TEXT, spans=[(0, 13)])
    gaps = [
        either.relative_gap(question, integrated_gradients(either.model, question.target, steps=steps))
        for steps in (2, 128)
    ]
    assert gaps[1] < gaps[0]
    assert gaps[1] < 0.01


def test_occlusion_is_what_hiding_a_word_costs(either):
    (explained,) = either.explain(TEXT, spans=["lyon"]).explanations
    _, (question,) = either.questions(TEXT, spans=["lyon"], label=explained.entity.label)
    for number, word in enumerate(explained.words):
        hidden = np.arange(len(explained.words))[None] == number
        logits = masked_logits(either.backend, question.target.passage, hidden)
        left = log_odds(question.target.probabilities(logits))[0]
        assert word.occlusion == pytest.approx(explained.log_odds - left, abs=1e-6)


def test_what_is_asked_about_and_what_is_not_found(either):
    explained = either.explain(TEXT, spans=[(23, 25)], label="O").explanations[0]
    assert (explained.entity.text, explained.entity.label, explained.predicted) == ("lyon", "O", False)
    scores = {
        label: either.explain(TEXT, spans=[(23, 25)], label=label).explanations[0].score for label in ("PER", "LOC")
    }
    assert explained.runner_up == max(scores, key=lambda label: scores[label])
    assert explained.runner_up_score == pytest.approx(max(scores.values()))
    assert explained.margin == pytest.approx(explained.score - explained.runner_up_score)
    assert either.explain("").explanations == ()
    assert len(either.explain("lyon the lyon", spans=["lyon"]).explanations) == 2


def test_a_graph_alone_is_explained_by_occlusion(bundle, model):
    explained = Explainer(bundle, TorchBackend(model)).explain(TEXT, spans=["lyon"])
    assert explained.explanations[0].gap is None
    assert {word.gradients for word in explained.explanations[0].words} == {None}
    assert "occlusion only" in explained.notes[0]
    with pytest.raises(BundleError, match="no weights for torch"):
        Explainer(bundle, TorchBackend(model)).explain(TEXT, evidence=1)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"spans": [(0, 99)]}, "span 0:99.*41 characters"),
        ({"spans": ["paris"]}, "'paris'.*is not in the text"),
        ({"spans": [""]}, "is not in the text"),
        ({"label": "ORG"}, "'ORG'.*PER, LOC, O"),
    ],
)
def test_invalid_spans_and_labels_are_refused(explainer, asked, told):
    with pytest.raises(InputError, match=told):
        explainer.explain(TEXT, **asked)


def test_a_long_text_is_explained_within_one_window(either):
    text = " ".join(["angela visited lyon"] * 40)
    place = text.index("lyon", len(text) // 2)
    (explained,) = either.explain(text, spans=[(place, place + 4)]).explanations
    assert len(explained.words) < 32
    assert all(text[word.start : word.end] == word.text for word in explained.words)
    assert explained.words[0].start < place < explained.words[-1].start


def test_a_span_wider_than_the_model_scores_is_refused(of_spans):
    with pytest.raises(InputError, match="span 0:45: has 8 words, more than the 7 of the widest span"):
        of_spans.explain(f"{TEXT} and", spans=[(0, 45)])
