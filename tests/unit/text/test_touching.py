from hypothesis import given
from hypothesis import strategies as st

from onoma.text import Span, words_touched

bounds = st.lists(st.integers(0, 30), max_size=12).map(sorted)


@given(bounds=bounds, span=st.tuples(st.integers(0, 30), st.integers(0, 30)).map(sorted))
def test_words_touched_by_a_span(bounds, span):
    starts, ends = bounds[0 : len(bounds) // 2 * 2 : 2], bounds[1::2]
    start, end = span
    first, behind = words_touched(starts, ends, start, end)
    naive = [number for number, word in enumerate(zip(starts, ends, strict=True)) if word[0] < end and start < word[1]]
    assert list(range(first, behind)) == naive


@given(bounds=bounds, span=st.tuples(st.integers(0, 30), st.integers(0, 30)).map(sorted))
def test_a_span_overlaps_the_words_that_it_touches(bounds, span):
    starts, ends = bounds[0 : len(bounds) // 2 * 2 : 2], bounds[1::2]
    spans = [Span(start=start, end=end) for start, end in zip(starts, ends, strict=True)]
    asked = Span(start=span[0], end=span[1])
    first, behind = words_touched(starts, ends, asked.start, asked.end)
    assert [each for each in spans if each.overlaps(asked)] == spans[first:behind]
