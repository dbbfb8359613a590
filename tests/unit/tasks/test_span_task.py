"""Spans: scores that agree with their definition, entities that may be nested, and what a sentence's end changes."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onoma.encoding import SubwordEncoder, Windower
from onoma.errors import InputError
from onoma.schemes import Chunk
from onoma.tasks import Calibration, ScoredSpan, SpanTask
from onoma.tasks.targets import are_compatible
from onoma.text import Document
from support.tiny import wordpiece

SIZE, WIDEST, LABELS = 4, 5, ("PER", "LOC")


def task(**more: object) -> SpanTask:
    width = np.random.default_rng(7).normal(size=(WIDEST, len(LABELS)))
    return SpanTask(LABELS, size=SIZE, widest=WIDEST, parameters={"width": width}, **more)  # type: ignore[arg-type]


def features(words: int, *, seed: int = 0, scale: float = 1.0) -> np.ndarray:
    return (scale * np.random.default_rng(seed).normal(size=(words, 2 * SIZE + 2 * len(LABELS)))).astype(np.float32)


def scoring(words: int, *spans: tuple[int, int, str, float]) -> np.ndarray:
    """Features with which just these spans have log-odds above 0; for spans that share no boundary with a label."""
    found = np.zeros((words, 2 * SIZE + 2 * len(LABELS)), dtype=np.float32)
    found[:, 2 * SIZE :] = -100.0
    for start, end, label, odds in spans:
        number = LABELS.index(label)
        found[start, 2 * SIZE + number] = odds / 2
        found[end - 1, 2 * SIZE + len(LABELS) + number] = odds / 2
    return found


def plain(**more: object) -> SpanTask:
    return SpanTask(LABELS, size=SIZE, widest=WIDEST, **more)  # type: ignore[arg-type]


def chunks(spans) -> list[tuple[int, int, str]]:
    return [(span.start, span.end, span.label) for span in spans]


def test_too_many_labels_are_refused():
    with pytest.raises(InputError, match="1,001 labels"):
        SpanTask([str(number) for number in range(1_001)], size=SIZE, widest=WIDEST)


@given(st.integers(1, 12), st.integers(0, 50))
def test_scores_are_those_of_the_definition(words, seed):
    made, given_ = task(), features(words, seed=seed).astype(float)
    odds = made.log_odds(given_)
    query, key = given_[:, :SIZE], given_[:, SIZE : 2 * SIZE]
    first, last = given_[:, 2 * SIZE : 2 * SIZE + 2], given_[:, 2 * SIZE + 2 :]
    for start in range(words):
        for width in range(WIDEST):
            end = start + width
            if end >= words:
                assert (odds[width, start] == -np.inf).all()
            else:
                expected = query[start] @ key[end] / 2 + first[start] + last[end] + made.width[width]
                np.testing.assert_allclose(odds[width, start], expected)


def test_nested_entities_are_found_where_they_may_be():
    given_ = scoring(8, (1, 5, "LOC", 3.0), (2, 4, "PER", 5.0))
    (flat,), (nested,) = (plain(overlaps=overlaps).decode([given_]) for overlaps in ("flat", "nested"))
    assert chunks(flat.spans) == [(2, 4, "PER")]
    assert chunks(nested.spans) == [(1, 5, "LOC"), (2, 4, "PER")]


def test_entities_that_cross_are_found_only_where_all_may_be():
    given_ = scoring(8, (1, 4, "LOC", 3.0), (2, 6, "PER", 5.0))
    (nested,), (free,) = (plain(overlaps=overlaps).decode([given_]) for overlaps in ("nested", "free"))
    assert chunks(nested.spans) == [(2, 6, "PER")]
    assert chunks(free.spans) == [(1, 4, "LOC"), (2, 6, "PER")]


@given(st.integers(1, 15), st.integers(0, 200), st.sampled_from(["flat", "nested", "free"]))
def test_entities_obey_the_rule_for_overlaps(words, seed, overlaps):
    (found,) = task(overlaps=overlaps).decode([features(words, seed=seed, scale=3.0)])
    spans = [Chunk(span.start, span.end, span.label) for span in found.spans]
    assert all(0 <= span.start < span.end <= words for span in spans)
    assert all(are_compatible(one, other, overlaps) for one in spans for other in spans if one is not other)


@given(st.integers(1, 12), st.integers(0, 50))
def test_the_score_of_an_entity_is_its_probability(words, seed):
    calibration = Calibration(temperature=1.7)
    (found,) = task(calibration=calibration).decode([features(words, seed=seed, scale=2.0)])
    for span in found.spans:
        assert found.probability(span.start, span.end, span.label) == pytest.approx(span.score)
        assert span.score > 0.5


def test_other_sentences_change_nothing():
    some = [features(words, seed=words, scale=2.0) for words in (3, 9, 1, 6)]
    together = task().decode(some)
    for one, sentence in zip(together, some, strict=True):
        (alone,) = task().decode([sentence])
        assert list(one.spans) == list(alone.spans)


def test_no_entity_is_as_probable_as_that_no_span_touches_a_word():
    made = task()
    (found,) = made.decode([features(3, seed=4)])
    odds = made.log_odds(features(3, seed=4))
    free = 1.0
    for width in range(3):
        for start in range(3 - width):
            if start <= 1 <= start + width:
                free *= float(np.prod(1 - made.probabilities(odds[width, start])))
    assert found.probability(1, 2, "O") == pytest.approx(free)


def test_a_label_that_the_task_does_not_have_has_no_probability():
    (found,) = task().decode([features(9)])
    assert found.probability(0, 1, "UNKNOWN") == 0.0


@pytest.mark.parametrize("known", [2_048, 2_049, 2_051, 2_053, 2_400])
def test_what_is_settled_does_not_depend_on_the_words_that_follow(known):
    whole = scoring(2_500)
    first, last = whole[:, 2 * SIZE], whole[:, 2 * SIZE + len(LABELS)]  # of PER; LOC is never likely
    first[:] = last[:] = -1.0
    first[2_045] = last[2_049] = 6.0
    last[2_046:2_049] = -100.0  # without the words from 2,049 on, a cut after word 2,045 crosses no likely span
    settled = plain().settled(whole[:known])
    before, after, together = plain().decode([whole[:settled], whole[settled:], whole])
    shifted = [span._replace(start=span.start + settled, end=span.end + settled) for span in after.spans]
    assert chunks([*before.spans, *shifted]) == chunks(together.spans)
    assert (2_045, 2_050, "PER") in chunks(together.spans)


def test_a_span_wider_than_any_that_is_scored_has_no_probability():
    (found,) = task().decode([features(9)])
    assert found.probability(0, WIDEST + 1, "PER") == 0.0


def test_a_long_sentence_is_decoded_in_pieces_without_cutting_an_entity():
    given_ = scoring(5_000, *((place, place + 4, "PER", 6.0) for place in range(0, 4_990, 9)))
    (found,) = plain().decode([given_])
    assert chunks(found.spans) == [(place, place + 4, "PER") for place in range(0, 4_990, 9)]
    settled = plain().settled(given_)
    assert 0 < settled < 5_000
    assert all(not place < settled < place + 4 for place in range(0, 4_990, 9))
    assert plain().settled(given_[:2_000]) == 0


def test_scores_of_widths_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"shape \(2, 2\), expected \(5, 2\)"):
        SpanTask(LABELS, size=SIZE, widest=WIDEST, parameters={"width": np.zeros((2, 2))})


def test_entities_below_a_threshold_are_left_out():
    strict = plain(calibration=Calibration(thresholds={"PER": 0.99}))
    (found,) = strict.decode([scoring(6, (0, 2, "PER", 2.0), (3, 4, "LOC", 2.0))])
    assert chunks(found.spans) == [(3, 4, "LOC")]
    assert isinstance(found.spans[0], ScoredSpan)


def test_gold_spans_that_are_too_wide_cross_or_come_twice_are_counted():
    text = "angela merkel visited lyon in the lyon of the lyon"
    entities = [(0, 13, "PER"), (7, 13, "LOC"), (0, 13, "PER"), (7, 21, "PER"), (22, 50, "LOC")]
    document = Document(text)
    document = document.with_entities(document.entity(start, end, label) for start, end, label in entities)
    (encoded,) = Windower(SubwordEncoder(wordpiece()), window=64, overlap=8).encode([document])
    unusable: Counter[str] = Counter()
    targets = plain(overlaps="nested").targets(encoded, unusable=unusable)
    assert targets.spans.tolist() == [[1, 1, 1], [1, 2, 0]]
    assert unusable == {
        "has more than 5 words, which is model.widest_span: left out": 1,
        "crosses a longer entity: left out": 2,
    }
    assert targets.words.tolist() == [0] * 10
