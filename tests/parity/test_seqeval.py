"""Our exact figures against seqeval's: its default mode and its strict one, on any tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.metrics import classification_report
from seqeval.scheme import BILOU, IOB1, IOB2, IOBES, IOE2

from onoma.corpora import ReadOptions, read
from onoma.metrics import Figures, Report, score
from onoma.schemes import SCHEMES, Chunk, Scheme, decode_tags, encode_tags
from onoma.text import Document
from support.real import DATA, needs_data

LABELS = ("PER", "LOC", "creative-work")
# Not IOE1, where seqeval reads E-PER I-PER, two entities, as one.
STRICT = {"BIO": IOB2, "BIOES": IOBES, "BILOU": BILOU, "IOB1": IOB1, "IOE2": IOE2}

Tags = list[list[str]]


def ours(
    gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]], scheme: Scheme, *, sound: bool = False
) -> Report:
    return score(*([_document(tags, scheme, sound=sound) for tags in side] for side in (gold, predicted)))


def _document(tags: Sequence[str], scheme: Scheme, *, sound: bool) -> Document:
    document = Document.from_words([["word"] * len(tags)])
    words = document.words or ()
    decoded = decode_tags(tags, scheme)
    return document.with_entities(
        document.entity(words[chunk.start].start, words[chunk.end - 1].end, chunk.label)
        for chunk in (decoded.sound if sound else decoded.chunks)
    )


def agree(report: Report, theirs: Mapping[str, Mapping[str, float]]) -> None:
    assert sorted(theirs) == sorted([*report.labels, "micro avg", "macro avg", "weighted avg"])
    averages: dict[str, Figures] = {
        "micro avg": report.exact,
        "macro avg": report.macro,
        "weighted avg": report.weighted,
    }
    rows: dict[str, Figures] = {**report.labels, **averages}
    for name, figures in rows.items():
        row = theirs[name]
        assert (figures.precision, figures.recall, figures.f1) == pytest.approx(
            (row["precision"], row["recall"], row["f1-score"])
        )
    assert all(counts.support == theirs[label]["support"] for label, counts in report.labels.items())


@st.composite
def corpora(draw: st.DrawFn, *, scheme: Scheme, orderly: bool = False) -> tuple[Tags, Tags]:
    lengths = draw(st.lists(st.integers(1, 8), min_size=1, max_size=5))
    tag = st.sampled_from(scheme.tags(LABELS))
    sides = [[draw(st.lists(tag, min_size=length, max_size=length)) for length in lengths] for _ in range(2)]
    if orderly:
        sides = [
            [encode_tags(decode_tags(tags, scheme).chunks, length=len(tags), scheme=scheme) for tags in side]
            for side in sides
        ]
    # seqeval refuses corpora without any entity at all.
    sides[0].append(encode_tags([Chunk(0, 1, "PER")], length=1, scheme=scheme))
    sides[1].append(["O"])
    return sides[0], sides[1]


@pytest.mark.parametrize("name", ["BIO", "BIOES", "IOB1"])
@settings(max_examples=40)
@given(data=st.data())
def test_default_mode_on_any_tags(name: str, data: st.DataObject) -> None:
    gold, predicted = data.draw(corpora(scheme=SCHEMES[name]))
    theirs = classification_report(gold, predicted, output_dict=True, zero_division=0)
    agree(ours(gold, predicted, SCHEMES[name]), theirs)


@pytest.mark.parametrize("name", STRICT)
@settings(max_examples=40)
@given(data=st.data())
def test_strict_mode_on_orderly_tags(name: str, data: st.DataObject) -> None:
    gold, predicted = data.draw(corpora(scheme=SCHEMES[name], orderly=True))
    theirs = classification_report(
        gold, predicted, output_dict=True, zero_division=0, mode="strict", scheme=STRICT[name]
    )
    agree(ours(gold, predicted, SCHEMES[name]), theirs)


# Not IOB1, where seqeval reads O B-PER I-PER, a broken entity, as one that begins at the I.
@pytest.mark.parametrize("name", sorted(STRICT.keys() - {"IOB1"}))
@settings(max_examples=60)
@given(data=st.data())
def test_strict_mode_on_any_tags(name: str, data: st.DataObject) -> None:
    gold, predicted = data.draw(corpora(scheme=SCHEMES[name]))
    theirs = classification_report(
        gold, predicted, output_dict=True, zero_division=0, mode="strict", scheme=STRICT[name]
    )
    agree(ours(gold, predicted, SCHEMES[name], sound=True), theirs)


@needs_data
@pytest.mark.parametrize("submission", ["spinningbytes.txt", "arcada"])
def test_real_submissions(submission: str) -> None:
    gold = _tags(DATA / "wnut17" / "emerging.test.annotated")
    predicted = _tags(DATA / "wnut17" / "submissions" / submission)
    agree(ours(gold, predicted, SCHEMES["BIO"]), classification_report(gold, predicted, output_dict=True))


@needs_data
def test_a_real_submission_with_broken_tags_read_strictly() -> None:
    paths = [DATA / "wnut17" / "emerging.test.annotated", DATA / "wnut17" / "submissions" / "spinningbytes.txt"]
    report = score(*(read(path, options=ReadOptions(sound_only=True)) for path in paths))
    agree(report, classification_report(*map(_tags, paths), output_dict=True, mode="strict", scheme=IOB2))
    assert report.exact.predicted < score(*map(read, paths)).exact.predicted


def _tags(path: Path) -> Tags:
    """The last column, read without any of our own code."""
    blocks = "\n".join(line.strip() for line in path.read_text(encoding="utf-8").split("\n")).split("\n\n")
    return [[line.split()[-1] for line in block.split("\n") if line] for block in blocks if block.strip()]
