"""Tags <-> chunks in every scheme, and the repair rule against the rules of the CoNLL scorer."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onoma.errors import SchemeError
from onoma.schemes import (
    ALIASES,
    SCHEMES,
    Chunk,
    decode_tags,
    detect_scheme,
    encode_tags,
    get_scheme,
    parse_tag,
)

LABELS = ("PER", "LOC", "creative-work")
ORDERLY = [name for name in SCHEMES if name != "IO"]


@st.composite
def sentences(draw: st.DrawFn, *, touching: bool = True) -> tuple[int, list[Chunk]]:
    """A length and chunks that do not overlap; without ``touching``, none touches another of its label."""
    position, chunks = 0, list[Chunk]()
    for gap, length, label in draw(
        st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4), st.sampled_from(LABELS)), max_size=6)
    ):
        meets = bool(chunks) and chunks[-1].label == label and gap == 0 and not touching
        start = position + gap + meets
        chunks.append(Chunk(start, start + length, label))
        position = start + length
    return position + draw(st.integers(0, 2)), chunks


@pytest.mark.parametrize("name", ORDERLY)
@given(sentence=sentences())
def test_chunks_survive_a_round_trip(name: str, sentence: tuple[int, list[Chunk]]) -> None:
    length, chunks = sentence
    decoded = decode_tags(encode_tags(chunks, length=length, scheme=SCHEMES[name]), SCHEMES[name])
    assert decoded.chunks == decoded.sound == tuple(chunks)
    assert decoded.repairs == ()


@pytest.mark.parametrize(
    ("name", "tags", "sound"),
    [
        ("BIO", "O I-PER I-PER", []),
        ("BIO", "B-PER I-LOC I-LOC", [Chunk(0, 1, "PER")]),
        ("BIO", "B-PER I-PER B-PER I-LOC", [Chunk(0, 2, "PER"), Chunk(2, 3, "PER")]),
        ("BIOES", "B-PER I-PER O S-LOC", [Chunk(3, 4, "LOC")]),
        ("BIOES", "B-PER S-LOC E-LOC", [Chunk(1, 2, "LOC")]),
        ("IOB1", "B-PER O I-LOC", [Chunk(2, 3, "LOC")]),
    ],
)
def test_chunks_that_exist_only_by_repair_are_not_sound(name: str, tags: str, sound: list[Chunk]) -> None:
    decoded = decode_tags(tags.split(), SCHEMES[name])
    assert list(decoded.sound) == sound
    assert set(sound) < set(decoded.chunks)
    assert decoded.repairs


@given(sentence=sentences(touching=False))
def test_io_keeps_chunks_that_do_not_touch(sentence: tuple[int, list[Chunk]]) -> None:
    length, chunks = sentence
    decoded = decode_tags(encode_tags(chunks, length=length, scheme=SCHEMES["IO"]), SCHEMES["IO"])
    assert decoded.chunks == tuple(chunks)
    assert decoded.repairs == ()


@pytest.mark.parametrize("name", SCHEMES)
@given(data=st.data())
def test_the_detected_scheme_decodes_the_same_chunks(name: str, data: st.DataObject) -> None:
    corpus = data.draw(st.lists(sentences(touching=name != "IO"), max_size=4))
    tagged = [encode_tags(chunks, length=length, scheme=SCHEMES[name]) for length, chunks in corpus]
    pairs = [pair for tags in tagged for pair in pairwise(map(parse_tag, ["O", *tags, "O"]))]
    scheme = detect_scheme(Counter((one.prefix, other.prefix, one.has_same_label(other)) for one, other in pairs))
    decoded = [decode_tags(tags, scheme) for tags in tagged]
    assert [each.chunks for each in decoded] == [tuple(chunks) for _, chunks in corpus]
    assert not any(each.repairs for each in decoded)


@pytest.mark.parametrize("name", SCHEMES)
@given(data=st.data())
def test_tags_that_need_no_repair_are_what_their_chunks_encode_to(name: str, data: st.DataObject) -> None:
    scheme = SCHEMES[name]
    tags = data.draw(st.lists(st.sampled_from(scheme.tags(LABELS)), max_size=5))
    decoded = decode_tags(tags, scheme)
    if not decoded.repairs and name not in {"IOB1", "IOE1", "IO"}:
        assert encode_tags(decoded.chunks, length=len(tags), scheme=scheme) == tags
    assert decode_tags(encode_tags(decoded.chunks, length=len(tags), scheme=scheme), scheme).repairs == ()


def conll_chunks(tags: list[str]) -> list[Chunk]:
    """Chunks by the rules that conlleval's comments give, over the prefixes B, I, E, S and O.

    A chunk begins at B and S; at I and E after O, E and S; and where the label changes. One ends after E and S; after
    B and I before B, S and O; and where the label changes.
    """
    pairs = [("O", ""), *((tag[0], tag[2:]) for tag in tags), ("O", "")]
    starts, ends = list[int](), list[int]()
    for position, ((before, old), (after, new)) in enumerate(pairwise(pairs)):
        if before != "O" and (before in "ES" or after in "BSO" or old != new):
            ends.append(position)
        if after != "O" and (after in "BS" or before in "OES" or old != new):
            starts.append(position)
    return [Chunk(start, end, pairs[start + 1][1]) for start, end in zip(starts, ends, strict=True)]


TO_CONLL = {
    "BIO": "BI", "IOB1": "BI", "IO": "I", "IOE1": "IE", "IOE2": "IE", "BIOES": "BIES", "BILOU": "BIES", "BMES": "BIES",
}  # fmt: skip


@pytest.mark.parametrize("name", SCHEMES)
@given(data=st.data())
def test_any_tags_read_as_the_conll_scorer_reads_them(name: str, data: st.DataObject) -> None:
    scheme = SCHEMES[name]
    tags = data.draw(st.lists(st.sampled_from(scheme.tags(LABELS[:2])), max_size=8))
    translated = dict(zip(scheme.prefixes, TO_CONLL[name], strict=True)) | {"O": "O"}
    assert list(decode_tags(tags, scheme).chunks) == conll_chunks([translated[tag[0]] + tag[1:] for tag in tags])


@pytest.mark.parametrize(
    ("tags", "scheme", "chunks", "repairs"),
    [
        (["I-PER", "I-PER"], "BIO", [(0, 2, "PER")], [0]),
        (["B-PER", "I-LOC"], "BIO", [(0, 1, "PER"), (1, 2, "LOC")], [1]),
        (["O", "E-PER", "I-PER"], "BIOES", [(1, 2, "PER"), (2, 3, "PER")], [1, 2, 3]),
        (["B-PER"], "BIOES", [(0, 1, "PER")], [1]),
        (["PER", "PER", "LOC"], "IO", [(0, 2, "PER"), (2, 3, "LOC")], []),
        ([], "BIO", [], []),
    ],
)
def test_repairs_are_reported(
    tags: list[str], scheme: str, chunks: list[tuple[int, int, str]], repairs: list[int]
) -> None:
    decoded = decode_tags(tags, SCHEMES[scheme])
    assert list(decoded.chunks) == chunks
    assert list(decoded.repairs) == repairs


@pytest.mark.parametrize("tag", ["", "B-", "-", "B", "I-", "S"])
def test_tags_without_a_label_are_refused(tag: str) -> None:
    with pytest.raises(SchemeError, match="no label"):
        parse_tag(tag)


def test_prefix_of_another_scheme_is_refused() -> None:
    with pytest.raises(SchemeError, match=r"'S-PER' is not in scheme BIO; expected O, B-<label>, I-<label>"):
        decode_tags(["S-PER"], SCHEMES["BIO"])


@pytest.mark.parametrize(
    "chunks", [[Chunk(0, 2, "A"), Chunk(1, 3, "B")], [Chunk(1, 1, "A")], [Chunk(2, 4, "A")], [Chunk(-1, 1, "A")]]
)
def test_chunks_that_tags_cannot_hold_are_refused(chunks: list[Chunk]) -> None:
    with pytest.raises(ValueError, match="3 words"):
        encode_tags(chunks, length=3, scheme=SCHEMES["BIO"])


def test_schemes_have_aliases_in_any_case() -> None:
    assert all(get_scheme(alias.lower()) is SCHEMES[name] for alias, name in ALIASES.items())
    with pytest.raises(KeyError):
        get_scheme("BIOX")
