"""Files to examples: the same ones read, streamed or found, and made anew whenever anything they depend on changes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from onoma.corpora import ReadOptions
from onoma.errors import CorpusError
from onoma.training import corpus, documents
from onoma.training.config import ModelConfig
from onoma.training.corpus import TrainingText, read_training_text
from onoma.training.documents import TextSample
from onoma.training.tasks import TaskSettings
from support.wordpieces import windower, wordpiece

CONLL = "ada B-PER\nleft O\nlyon B-LOC\n\nbob B-PER\n. O\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "train.conll"
    path.write_text(CONLL)
    return path


def ask(path: Path, notices: list[str], **changes: object) -> TrainingText:
    given: dict[str, object] = {
        "format": None,
        "options": lambda _: ReadOptions(),
        "windower": windower(),
        "task": TaskSettings.of(ModelConfig()),
        "notice": notices.append,
        "cache": path.parent / "cache",
        **changes,
    }
    return read_training_text([path], **given)  # type: ignore[arg-type]


def entries(path: Path) -> int:
    return len(list((path.parent / "cache").iterdir()))


def test_the_second_run_finds_what_the_first_made_and_says_the_same(path, notices, monkeypatch):
    first = ask(path, notices)
    said = list(notices)
    monkeypatch.setattr(documents, "read", lambda *_, **__: pytest.fail("the corpus was read again"))
    second = ask(path, notices)
    assert (first.card, first.labels, first.unusable) == (second.card, second.labels, second.unusable)
    assert notices == said * 2
    assert [example.ids.tolist() for example in first.examples] == [example.ids.tolist() for example in second.examples]
    assert first.labels == {"PER": 2, "LOC": 1}
    assert (first.card.documents, first.card.words, first.card.entities) == (2, 5, 3)
    assert any("scheme BIO" in notice for notice in said)


def test_a_corpus_too_large_to_keep_gives_the_same_examples(path, notices, monkeypatch):
    kept = ask(path, notices)
    monkeypatch.setattr(documents, "_READ_ONCE", 12)
    streamed = ask(path, notices, cache=path.parent / "other")
    assert len(kept.examples) == len(streamed.examples) == 2
    for left, right in zip(kept.examples, streamed.examples, strict=True):
        np.testing.assert_array_equal(left.targets, right.targets)
    assert (kept.card, kept.labels) == (streamed.card, streamed.labels)


def test_what_cannot_be_used_is_told_again(path, notices):
    path = path.with_suffix(".jsonl")
    path.write_text('{"text": "ada left", "entities": [{"start": 0, "end": 2, "label": "PER"}]}\n')
    for _ in range(2):
        assert ask(path, notices).unusable.total() == 1


CHANGES: dict[str, dict[str, object]] = {
    "window": {"windower": windower(window=16, overlap=4)},
    "longest word": {"windower": windower(longest_word=2)},
    "task": {"task": TaskSettings.of(ModelConfig(tag_scheme="BIOES"))},
    "options": {"options": lambda _: ReadOptions(scheme="BIO")},
    "labels": {"options": lambda _: ReadOptions(labels={"PER": "person"})},
    "documents": {"options": lambda _: ReadOptions(documents=2)},
    "lengths": {"mixing_seed": 1},
    "format": {"format": "conll"},
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_makes_another_entry(path, notices, change):
    ask(path, notices)
    ask(path, notices, **CHANGES[change])
    assert entries(path) == 2


def test_another_tokenizer_makes_another_entry(path, notices):
    ask(path, notices)
    other = windower()
    other.subword_encoder.tokenizer.add_tokens(["lyon"])
    assert wordpiece().to_str() != other.subword_encoder.tokenizer.to_str()
    ask(path, notices, windower=other)
    assert entries(path) == 2


def test_other_content_makes_another_entry(path, notices):
    ask(path, notices)
    path.write_text(CONLL.replace("bob", "eve"))
    ask(path, notices)
    assert entries(path) == 2


def test_other_code_makes_another_entry(path, notices, monkeypatch):
    ask(path, notices)
    monkeypatch.setattr(corpus, "_CODE", (*corpus._CODE, "errors.py"))
    ask(path, notices)
    assert entries(path) == 2


def test_the_text_of_a_brat_pair_counts_as_its_annotations_do(tmp_path, notices):
    path = tmp_path / "one.ann"
    path.write_text("T1\tPER 0 3\tada\n")
    for text in ("ada left lyon", "ada left turin"):
        path.with_suffix(".txt").write_text(text)
        ask(path, notices)
    assert entries(path) == 2


def test_a_file_that_is_missing_is_named(tmp_path, notices):
    with pytest.raises(CorpusError, match=r"none\.conll: cannot be read: No such file"):
        ask(tmp_path / "none.conll", notices)


def test_a_sample_is_learnt_and_counted_with_the_labels_of_all(path, notices):
    drawn = ask(path, notices, sample=TextSample(sentences=1, seed=1))
    assert len(drawn.examples) == drawn.card.documents == 1
    assert drawn.card.entities in (1, 2)
    assert drawn.labels == {"PER": 2, "LOC": 1}
    assert len(ask(path, notices).examples) == 2, "the examples of the sample were taken for those of all"
