"""Text to subwords on disk: what is held out, what is kept, and what is not taken for a mask."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from onoma.pretraining.text import Section
from onoma.pretraining.tokenized import LONGEST_SENTENCE, Split, TokenizedText, tokenize
from support.tiny import wordpiece


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def sections(*documents: tuple[str, ...]) -> list[Section]:
    return [Section(sentences=document, continues=False) for document in documents]


def split(some: list[Section], *, share: float = 0.0, held_out: list[Section] | None = None) -> Split:
    return tokenize(
        wordpiece(),
        lambda _: iter(some),
        key={"text": [each.sentences for each in some], "held out": [each.sentences for each in held_out or ()]},
        share=share,
        read_held_out=None if held_out is None else lambda _: iter(held_out),
        notice=lambda _: None,
    )


def words(found: Split, side: str = "train") -> str:
    return wordpiece().decode(getattr(found, side).ids.tolist())


def test_sentences_and_documents_are_those_of_the_text():
    text = split(sections(("angela visited lyon", "in the"), ("merkel",))).train
    assert np.diff(text.sentences).tolist() == [3, 2, 1]
    assert text.documents.tolist() == [0, 2, 3]
    assert text.pairable == 1


def test_a_document_that_continues_is_one():
    parts = [
        Section(("angela",), continues=False),
        Section(("merkel",), continues=True),
        Section(("to",), continues=False),
    ]
    assert split(parts).train.documents.tolist() == [0, 2, 3]


def test_a_mask_that_somebody_wrote_is_none():
    text = split(sections(("angela [MASK] lyon [SEP]",))).train
    tokenizer = wordpiece()
    assert tokenizer.token_to_id("[MASK]") not in text.ids
    assert tokenizer.token_to_id("[SEP]") not in text.ids


def test_a_long_sentence_is_stored_as_several_and_whole():
    text = split(sections((" ".join(["lyon"] * (2 * LONGEST_SENTENCE + 3)),))).train
    assert np.diff(text.sentences).tolist() == [LONGEST_SENTENCE, LONGEST_SENTENCE, 3]


def test_the_same_text_is_on_one_side_whatever_its_capitals():
    some = sections(*((f"lyon {number % 100}",) for number in range(200)), *((f"LYON  {n}",) for n in range(100)))
    found = split(some, share=0.3)
    train, held_out = (set(_sentences(side)) for side in (found.train, found.held_out))
    assert not train & held_out
    assert train | held_out == set(_ids([f"lyon {number}" for number in range(100)]))
    assert 10 < len(held_out) < 50


def test_what_is_held_out_by_name_is_not_learnt_from():
    found = split(sections(("angela",), ("merkel",)), held_out=sections(("merkel",), ("lyon",)))
    assert words(found) == "angela"
    assert words(found, "held_out") == "merkel lyon"
    assert found.notices == ("1 document of the text also held out, and left out of training",)


def test_a_part_after_one_that_is_held_out_is_another_document():
    parts = [Section((f"angela {number}",), continues=number > 0) for number in range(60)]
    found = split(parts, share=0.5)
    number_of = {ids: number for number, ids in enumerate(_ids([f"angela {number}" for number in range(60)]))}
    numbers = [number_of[ids] for ids in _sentences(found.train)]
    starts = {place for place, number in enumerate(numbers) if place == 0 or number != numbers[place - 1] + 1}
    assert set(found.train.documents[:-1].tolist()) == starts
    assert 1 < len(starts) < len(numbers)


def _ids(texts: list[str]) -> list[tuple[int, ...]]:
    return [tuple(each.ids) for each in wordpiece().encode_batch(texts, add_special_tokens=False)]


def _sentences(text: TokenizedText) -> list[tuple[int, ...]]:
    return [tuple(text.ids[start:end].tolist()) for start, end in pairwise(text.sentences.tolist())]
