from __future__ import annotations

import json

import numpy as np
import pytest

from onoma.errors import InputError
from onoma.explanation import Explainer
from onoma.explanation.faithfulness import RANDOM, SCOPES, measure_faithfulness
from onoma.text import Document

TEXTS = [Document(text) for text in ("the in lyon to of", "to the and of lyon", "lyon", "of and in the to the lyon")]


class Knowing:
    """Finds a place at `lyon` where `the` stands anywhere in the text."""

    def __init__(self, tokenizer):
        self.lyon, self.the = tokenizer.token_to_id("lyon"), tokenizer.token_to_id("the")

    def run(self, batches):
        for batch in batches:
            yield {"entities": self.scores(batch.ids)}

    def scores(self, ids):
        scores = np.zeros((*ids.shape, 5), dtype=np.float32)
        scores[..., 3] = np.where(ids == self.lyon, 1.0 + 5.0 * (ids == self.the).any(axis=1, keepdims=True), -5.0)
        scores[..., (1, 2, 4)] = -9.0
        return scores


@pytest.fixture
def knowing(bundle):
    return Explainer(bundle, Knowing(bundle.tokenizer))


def test_occlusion_names_the_words_that_a_model_goes_by(knowing):
    (explained,) = knowing.explain("to the and of lyon").explanations
    ordered = sorted(explained.words, key=lambda word: -word.occlusion)
    assert [word.text for word in ordered[:2]] == ["lyon", "the"]
    assert [word.occlusion for word in ordered[2:]] == pytest.approx([0.0] * 3)


def test_nothing_is_found_where_no_entity_is(knowing):
    the, lyon = knowing.explain("the lyon", spans=["the", "lyon"], label="O").explanations
    assert (the.predicted, lyon.predicted) == (True, False)


def test_words_that_count_are_better_than_random_ones(knowing):
    found = measure_faithfulness(knowing, TEXTS * 5)
    assert (found.entities, found.counted) == (20, {"words": 20, "context": 15})
    for scope in SCOPES:
        of = found.scopes[scope]["occlusion"]
        assert of.more is not None
        assert of.less is not None
        assert of.more.interval.low > 0
        assert of.less.mean > 0
        assert found.scopes[scope][RANDOM].more is None
        assert of.more.mean == pytest.approx(
            of.comprehensiveness.mean - found.scopes[scope][RANDOM].comprehensiveness.mean
        )
    assert found.gap is None
    assert json.loads(json.dumps(found.to_json()))["words"]["entities"] == 20


def test_the_same_seed_gives_the_same_figures(knowing):
    first, second = (measure_faithfulness(knowing, TEXTS, entities=3, seed=4) for _ in range(2))
    assert first == second
    assert first.entities == 3


def test_gradients_are_measured_where_there_are_weights(explainer):
    found = measure_faithfulness(explainer, [Document("angela merkel visited lyon in the morning")], entities=1)
    assert set(found.scopes["words"]) == {"gradients", "occlusion", RANDOM}
    assert found.gap is not None


def test_nothing_found_is_nothing_to_explain(knowing):
    with pytest.raises(InputError, match="finds no entities"):
        measure_faithfulness(knowing, [Document("the")])
