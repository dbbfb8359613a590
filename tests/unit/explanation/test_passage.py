from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onoma.encoding import SubwordEncoder, Windower
from onoma.errors import InputError
from onoma.explanation.passage import Passage, words_at
from onoma.text import Document
from support.tiny import wordpiece

WINDOWER = Windower(SubwordEncoder(wordpiece()), window=32, overlap=12)
MASK = WINDOWER.subword_encoder.tokenizer.token_to_id("[MASK]")


def passage_of(text: str, start: int, end: int) -> Passage:
    (encoded,) = WINDOWER.encode([Document(text)])
    return Passage.of(WINDOWER, encoded, start, end)


@given(st.text("ab visiting,\n", max_size=120), st.data())
def test_every_word_has_subwords_of_its_own_and_special_tokens_are_never_hidden(text, data):
    (encoded,) = WINDOWER.encode([Document(text)])
    if not len(encoded.words):
        return
    start = data.draw(st.integers(0, len(encoded.words) - 1))
    passage = Passage.of(WINDOWER, encoded, start, start + 1)
    words = len(passage.words)
    assert [text[word.start : word.end] for word in passage.words] == [word.text for word in passage.words]
    assert passage.words[passage.span[0]].start == encoded.words.starts[start]
    assert passage.sentence[0] <= passage.span[0] < passage.span[1] <= passage.sentence[1] <= words
    rows = passage.hiding(np.eye(words, dtype=bool))
    for word, row in enumerate(rows):
        own = passage.owners == word
        assert own.any()
        assert passage.firsts[word] == own.argmax()
        assert (row[own] == MASK).all()
        assert (row[~own] == passage.ids[~own]).all()
    assert (passage.hiding(np.zeros((1, words), dtype=bool))[0] == passage.ids).all()
    assert (passage.owners == -1).sum() == 2


def test_of_windows_that_hold_a_span_the_one_with_most_context_is_read():
    text = " ".join(["lyon"] * 60)
    passage = passage_of(text, 25, 27)
    assert min(passage.span[0], len(passage.words) - passage.span[1]) >= 5


@pytest.mark.parametrize(("start", "end"), [(15, 40), (20, 50), (10, 33), (35, 59)])
def test_a_span_across_the_ends_of_windows_is_read_in_a_window_of_its_own(start, end):
    text = " ".join(["lyon"] * 60)
    (encoded,) = WINDOWER.encode([Document(text)])
    assert not any(window.start <= start and end <= window.end for window in encoded.windows)
    passage = passage_of(text, start, end)
    assert passage.words[passage.span[0]].start == encoded.words.starts[start]
    assert passage.words[passage.span[1] - 1].end == encoded.words.ends[end - 1]
    assert end - start <= len(passage.words) <= 30
    assert len(passage.ids) == len(passage.words) + 2


def test_spans_that_cannot_be_explained_are_refused():
    (encoded,) = WINDOWER.encode([Document("lyon  the")])
    assert words_at(encoded, 2, 7) == (0, 2)
    for start, end, told in [(0, 20, "9 characters"), (-1, 3, "not in the text"), (3, 3, "not in"), (4, 6, "no word")]:
        with pytest.raises(InputError, match=told):
            words_at(encoded, start, end)
    with pytest.raises(InputError, match="crosses the end of a sentence"):
        passage_of("lyon\n\nlyon", 0, 2)
    with pytest.raises(InputError, match="32 of a window"):
        passage_of("lyon " * 60, 0, 40)
