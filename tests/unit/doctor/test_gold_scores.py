"""Gold spans weighed by a model, and what it predicts itself."""

from __future__ import annotations

import pytest

from onoma.doctor import score_gold
from onoma.tagger import Tagger
from onoma.text import Document
from support.capitals import Capitals, make_bundle

TEXT = "so Ada met bob. Nobody saw Ed."


def weighed(document: Document) -> dict[tuple[str, str], float]:
    (found,) = score_gold(Tagger(make_bundle(), Capitals()), [document])
    return {(each.text, each.label): each.score or 0.0 for each in found.entities}


def test_gold_spans_are_weighed_beside_what_is_predicted():
    text = Document(TEXT)
    scores = weighed(text.with_entities([text.entity(3, 6, "X"), text.entity(11, 14, "X")]))
    assert scores["Ada", "X"] > 0.5 > scores["bob", "X"]
    assert scores["bob", "O"] > 0.5 > scores["Ada", "O"]
    assert scores["Ada", "X"] + scores["Ada", "O"] <= 1 + 1e-9
    assert ("Ed", "X") in scores
    assert ("Ed", "O") not in scores


def test_the_probability_of_a_predicted_span_is_its_score():
    text = Document(TEXT)
    (tagged,) = Tagger(make_bundle(), Capitals()).tag_many([text])
    ada = tagged.entities[0]
    scores = weighed(text.with_entities([ada]))
    assert scores["Ada", "X"] == pytest.approx(ada.score)


def test_a_span_over_the_bound_of_a_sentence_is_left_out():
    text = Document.from_words([["so", "Ada"], ["met", "bob"]])
    assert weighed(text.with_entities([text.entity(3, 10, "X")])) == weighed(text)


def test_the_model_runs_no_more_often_than_for_tagging():
    text = Document(TEXT)
    gold = [text.with_entities([text.entity(3, 6, "X")])] * 5
    weighing, tagging = Capitals(), Capitals()
    list(score_gold(Tagger(make_bundle(), weighing), gold))
    list(Tagger(make_bundle(), tagging).tag_many(gold))
    assert weighing.shapes == tagging.shapes
