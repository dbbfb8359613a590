"""The tagger over a backend that needs no model: a word that begins with a capital is a name."""

from __future__ import annotations

import copy
import pickle
import re
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onoma.bundle import Bundle, SentencesCard, WordsCard
from onoma.errors import InputError
from onoma.tagger import Tagger
from onoma.text import Document, Span
from support.capitals import PIECES, Capitals, make_bundle, make_tagger


class BrokenError(Exception):
    """Of a caller's stream."""


def spans(document: Document) -> list[tuple[int, int, str]]:
    return [(entity.start, entity.end, entity.text) for entity in document.entities]


def test_entities_carry_offsets_label_and_a_probability():
    document = make_tagger().tag("so Ada met Bob.")
    assert spans(document) == [(3, 6, "Ada"), (11, 14, "Bob")]
    assert [entity.label for entity in document.entities] == ["X", "X"]
    assert all(0.5 < (entity.score or 0) < 1 for entity in document.entities)


@pytest.mark.parametrize("text", ["", " ", "\n\t\u00a0", "\ufe0f", "...", "x" * 50_000, "🙂🙂"])
def test_texts_without_names_come_back_whole(text):
    document = make_tagger().tag(text)
    assert document.text == text
    assert document.entities == ()


@pytest.mark.parametrize("gap", ["\n\n", "\r\n\r\n", "\n \t\n\n"])
def test_no_name_crosses_a_blank_line(gap):
    class Everything(Capitals):
        def _scores(self, ids, mask):
            scores = super()._scores(ids, mask)
            scores[..., 2] = 9.0
            return scores

    document = make_tagger(backend=Everything()).tag(f"Ada b{gap}C d")
    assert [entity.text for entity in document.entities] == ["Ada b", "C d"]


def test_given_words_are_used_as_they_are():
    document = Document.from_words([["a", "Ad-a", "b"], ["C"]], id="7")
    tagged = make_tagger().tag(document)
    assert spans(tagged) == [(2, 6, "Ad-a"), (9, 10, "C")]
    assert (tagged.id, tagged.words, tagged.sentences) == ("7", document.words, document.sentences)


@given(
    texts=st.lists(st.text(st.sampled_from("abAB ,.\n\u0301🙂東é"), max_size=120), max_size=12),
    budget=st.sampled_from([1, 40, 4096]),
)
def test_neighbours_and_batch_size_change_nothing(texts, budget):
    tagger = make_tagger(batch_subwords=budget)
    together = list(tagger.tag_many(texts))
    assert [document.text for document in together] == texts
    for text, document in zip(texts, together, strict=True):
        alone = make_tagger().tag(text)
        assert spans(document) == spans(alone)
        assert all(text[start:end] == surface for start, end, surface in spans(document))
        np.testing.assert_allclose(
            [entity.score or 0 for entity in document.entities],
            [entity.score or 0 for entity in alone.entities],
            atol=1e-9,
        )


@given(words=st.integers(1, 300), window=st.integers(20, 64))
def test_no_name_is_lost_at_a_windows_edge(words, window):
    text = " ".join("Ab" if number % 3 else "cde" for number in range(words))
    found = make_tagger(window=window).tag(text)
    assert len(found.entities) == sum(number % 3 > 0 for number in range(words))


def test_a_long_text_is_tagged_to_its_last_word():
    text = "a bc def. " * 20_000 + "Ada"
    (entity,) = make_tagger(window=64, batch_subwords=4096).tag(text).entities
    assert (entity.start, entity.end) == (200_000, 200_003)


def test_no_batch_is_larger_than_its_budget():
    backend = Capitals()
    tagger = make_tagger(batch_subwords=100, backend=backend)
    list(tagger.tag_many(["ab " * number for number in range(1, 60)]))
    assert 90 <= max(rows * longest for rows, longest in backend.shapes) <= 100


def test_a_stream_is_read_only_as_far_as_it_must_be():
    seen = 0

    def texts():
        nonlocal seen
        while True:
            seen += 1
            yield "Ada " * 100

    first = next(make_tagger(batch_subwords=4096).tag_many(texts()))
    assert len(first.entities) == 100
    assert seen <= 512


class Streaming(Capitals):
    """Takes some batches ahead of what it gives back, as an engine of several sessions does."""

    def __init__(self, *, ahead: int = 3) -> None:
        super().__init__()
        self.ahead = ahead

    def run(self, batches):
        waiting = []
        for batch in batches:
            scores = self._scores(batch.ids, batch.mask)
            scores[~batch.wanted] = 99.0
            waiting.append({"entities": scores})
            if len(waiting) > self.ahead:
                yield waiting.pop(0)
        yield from waiting


@given(
    texts=st.lists(st.text(st.sampled_from("abAB ,.\n"), max_size=200), max_size=12),
    budget=st.sampled_from([1, 40, 4096]),
    ahead=st.integers(0, 5),
)
def test_a_backend_that_streams_gives_the_same_and_what_is_wanted_is_all_that_is_read(texts, budget, ahead):
    streamed = make_tagger(batch_subwords=budget, backend=Streaming(ahead=ahead)).tag_many(texts)
    assert [document.entities for document in streamed] == [
        document.entities for document in make_tagger(batch_subwords=budget).tag_many(texts)
    ]


@pytest.mark.parametrize("gap", [" ", ". ", "\n", "\n\n"])
def test_a_long_text_is_tagged_as_its_parts_are(gap):
    parts = [f"so Ada {'x' * (number % 7)}" for number in range(3_000)]
    found = make_tagger(backend=Streaming()).tag(gap.join(parts)).entities
    assert [entity.text for entity in found] == ["Ada"] * 3_000


def test_texts_without_words_keep_a_stream_going():
    def texts():
        while True:
            yield " "

    assert next(make_tagger(backend=Streaming()).tag_many(texts())).entities == ()


def test_what_the_texts_raise_is_raised():
    def texts():
        yield "Ada " * 100_000
        raise KeyError("x")

    with pytest.raises(KeyError):
        list(make_tagger().tag_many(texts()))


@pytest.mark.parametrize(("sentence", "bytes_a_character"), [("É bc def. ", 20), ("a bc def. ", 30)])
def test_a_long_text_needs_memory_for_its_words_only(sentence, bytes_a_character):
    """Those of a text without capitals are read twice."""
    text = sentence * 60_000
    tagger = make_tagger(window=128, batch_subwords=4096)
    tracemalloc.start()
    tagger.tag(text)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < bytes_a_character * len(text)


def test_readings_know_the_probability_of_any_span():
    tagger = make_tagger()
    (read,) = tagger.predict_many(["so Ada met Bob."])
    assert read.document == tagger.tag("so Ada met Bob.")
    ada = read.document.entities[0]
    assert read.probability(ada, "X") == pytest.approx(ada.score)
    both = Span(start=3, end=10)
    assert 0 < (read.probability(both, "X") or 0) < 0.5
    assert read.probability(ada, "O") == pytest.approx(1 - (ada.score or 0), abs=0.05)
    assert read.probability(Span(start=2, end=3), "X") is None


def test_a_span_over_the_end_of_a_sentence_has_no_probability():
    (read,) = make_tagger().predict_many([Document.from_words([["so", "Ada"], ["Bob"]])])
    assert read.probability(Span(start=3, end=10), "X") is None
    assert read.probability(Span(start=7, end=10), "X") == pytest.approx(read.document.entities[1].score)


@pytest.mark.parametrize("copied", [copy.deepcopy, pickle.dumps])
def test_a_tagger_that_was_not_loaded_says_why_it_cannot_be_copied(copied):
    with pytest.raises(InputError, match=r"not loaded from a folder.*onoma\.load"):
        copied(make_tagger())


NOT_TEXTS: dict[str, Any] = {
    "None": None,
    "float nan": float("nan"),
    "bytes b'Ada'; decode it first": b"Ada",
    "int 5": 5,
    "list ['Ada']": ["Ada"],
}


@pytest.mark.parametrize("got", NOT_TEXTS)
def test_an_input_that_is_not_a_text_is_described(got):
    with pytest.raises(InputError, match=f"^expected a text or a Document, got {re.escape(got)}$"):
        make_tagger().tag(NOT_TEXTS[got])


@pytest.mark.parametrize("got", NOT_TEXTS)
def test_an_item_that_is_not_a_text_is_described_with_its_number(got):
    stream = make_tagger().tag_many(["Ada", NOT_TEXTS[got]])
    with pytest.raises(InputError, match=f"^text 2: expected a text or a Document, got {re.escape(got)}$"):
        list(stream)


@pytest.mark.parametrize("got", [None, 5, "Ada", b"Ada", Document("Ada")])
def test_an_input_that_is_not_iterable_is_refused_at_once(got):
    name = "None" if got is None else type(got).__name__
    for tag in (make_tagger().tag_many, make_tagger().predict_many):
        with pytest.raises(InputError, match=f"^expected an iterable of texts, such as a list, got {name}"):
            tag(got)


@pytest.mark.parametrize("text", ["Ada \ud83d met", Document("Ada \ud83d met")])
def test_half_of_a_surrogate_pair_is_not_text(text):
    said = r"'\\ud83d' at 5 is half of a surrogate pair, which is not text"
    with pytest.raises(InputError, match=f"^{said}"):
        make_tagger().tag(text)
    with pytest.raises(InputError, match=f"^text 2: {said}"):
        list(make_tagger().tag_many(iter(["Ada", text])))


def test_an_error_in_the_middle_of_a_stream_comes_behind_the_documents_before_it():
    def failing():
        yield from ["Ada", "in Lyon"]
        raise BrokenError

    stream = make_tagger().tag_many(failing())
    assert [next(stream).text, next(stream).text] == ["Ada", "in Lyon"]
    with pytest.raises(BrokenError):
        next(stream)
    stream = make_tagger().tag_many(["Ada", 7, "Bob"])  # type: ignore[list-item]
    assert next(stream).text == "Ada"
    with pytest.raises(InputError, match="text 2"):
        next(stream)


class AdditionalTasks(Capitals):
    """Also gives a word the label A where it begins with that letter, and a sentence that of most of its words."""

    def run(self, batches):
        return (self._all(batch) for batch in batches)

    def _all(self, batch):
        begins = np.isin(batch.ids, [PIECES.index("A"), PIECES.index("a")])
        labels = np.stack([begins, ~begins], axis=-1).astype(np.float32)
        return {"entities": self._scores(batch.ids, batch.mask), "letter": labels, "mood": 2 * labels}


def several_tasks() -> Tagger:
    bundle, labels = make_bundle(), ("A", "other")
    cards = {"letter": WordsCard(labels=labels, head="linear"), "mood": SentencesCard(labels=labels, head="linear")}
    manifest = bundle.manifest.replace(tasks={**bundle.manifest.tasks, **cards})
    return Tagger(Bundle(manifest, bundle.tokenizer), AdditionalTasks(), batch_subwords=128)


@given(texts=st.lists(st.lists(st.sampled_from(["Ab", "a", "bb", "Ba", ".", "\n"])).map(" ".join), max_size=6))
def test_all_layers_are_found_in_one_pass(texts):
    for text, document in zip(texts, several_tasks().tag_many(texts), strict=True):
        assert spans(document) == spans(make_tagger().tag(text))
        words, moods = document.layers["letter"], document.layers["mood"]
        assert "".join(word.text for word in words) == "".join(text.split())
        assert [word.label for word in words] == ["A" if word.text[0] in "Aa" else "other" for word in words]
        assert all(any(mood.start <= word.start < mood.end for mood in moods) for word in words)
        for mood in moods:
            inside = [word.label for word in words if mood.start <= word.start < mood.end]
            assert mood.label == ("A" if 2 * inside.count("A") >= len(inside) else "other")


def test_a_sentence_over_many_windows_has_one_label():
    document = several_tasks().tag("Ab " * 300)
    (mood,) = document.layers["mood"]
    assert (mood.start, mood.end, mood.label) == (0, 899, "A")
    assert len(document.layers["letter"]) == 300


def test_layers_of_other_models_stay():
    given_ = Document("Ada").with_layers({"other": [Document("Ada").entity(0, 3, "X")]})
    assert set(several_tasks().tag(given_).layers) == {"other", "letter", "mood"}
    assert set(make_tagger().tag(given_).layers) == {"other"}
