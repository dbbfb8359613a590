from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np
import pytest

from onoma.errors import BundleError, InputError
from onoma.explanation import (
    EVIDENCE,
    Explainer,
    Index,
    TrainingMention,
    check_can_write_index,
    read_index,
    write_index,
)
from onoma.explanation.evidence import as_lines
from onoma.explanation.indexing import index_documents
from onoma.explanation.states import fingerprint
from onoma.models import TorchBackend
from onoma.text import Document
from support.annotated import annotated

DOCUMENTS = [
    annotated("angela merkel visited lyon", (0, 13, "PER"), (22, 26, "LOC"), id="d"),
    annotated("to the morning in lyon and angela", (18, 22, "LOC"), (27, 33, "PER"), id="d"),
]


def opened(place):
    index = read_index(place, model="this")
    assert index is not None
    return index


@pytest.fixture
def indexed(bundle, model):
    return index_documents(DOCUMENTS, model=model, windower=bundle.windower())


@pytest.fixture
def place(indexed, tmp_path):
    write_index(indexed.vectors, indexed.mentions, tmp_path, model="this")
    return tmp_path


def test_the_same_mention_comes_first(bundle, model, indexed, place):
    explainer = Explainer(bundle, TorchBackend(model), model=model, index=read_index(place, model="this"))
    for document in DOCUMENTS:
        for entity in document.entities:
            spans = [(entity.start, entity.end)]
            (explained,) = explainer.explain(document.text, spans=spans, evidence=3).explanations
            first, *others = explained.evidence
            assert (first.mention.text, first.mention.label) == (entity.text, entity.label)
            assert (first.mention.context, first.mention.document) == (document.text, "d")
            assert first.similarity == pytest.approx(1.0, abs=1e-5)
            assert len(others) == 2
            assert [first.similarity, *(each.similarity for each in others)] == sorted(
                (each.similarity for each in explained.evidence), reverse=True
            )


def test_places_in_the_context_are_those_of_the_mention(bundle, model):
    text = "the " * 200 + "lyon" + " the" * 200
    indexed = index_documents([annotated(text, (800, 804, "LOC"))], model=model, windower=bundle.windower())
    [mention] = indexed.mentions
    assert mention.context[mention.start : mention.end] == "lyon"
    assert len(mention.context) < 500


def test_what_cannot_be_indexed_is_counted(bundle, model):
    crossing = annotated("angela\n\nmerkel in lyon", (0, 14, "PER"), (18, 22, "LOC"))
    indexed = index_documents([crossing], model=model, windower=bundle.windower())
    assert (indexed.left_out, [mention.text for mention in indexed.mentions]) == (1, ["lyon"])
    with pytest.raises(InputError, match="no entities"):
        index_documents([Document("lyon")], model=model, windower=bundle.windower())


def test_the_search_finds_the_exact_neighbours():
    rng = np.random.default_rng(1)
    vectors = rng.standard_normal((50, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    mentions = [
        TrainingMention(label="X", text=f"é{number}", context=f"é{number}\n", start=0, end=2) for number in range(50)
    ]
    index = Index(vectors, np.frombuffer(as_lines(mentions), dtype=np.uint8))
    asked = vectors[7] + 0.01 * vectors[8]
    order = np.argsort(-(vectors @ asked))
    assert [each.mention.text for each in index.nearest(asked, count=5)] == [f"é{number}" for number in order[:5]]
    assert len(index.nearest(asked, count=80)) == 50
    assert index.nearest(asked, count=0) == ()


def test_an_index_is_written_completely_or_not_at_all(indexed, place, monkeypatch):
    with pytest.raises(InputError, match="--overwrite"):
        check_can_write_index(place, overwrite=False)
    check_can_write_index(place, overwrite=True)

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(np, "save", full)
        with pytest.raises(OSError, match="No space"):
            write_index(indexed.vectors, indexed.mentions, place, model="this")
    assert [path.name for path in place.iterdir()] == [EVIDENCE]
    assert len(opened(place)) == 4
    write_index(indexed.vectors[:1], indexed.mentions[:1], place, model="this")
    assert len(opened(place)) == 1


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("about.json", b"{", "is broken"),
        ("about.json", b'{"format": 99}', "newer"),
        ("vectors.npy", b"\x93NUMPY", "is broken"),
        ("vectors.npy", b"", "is broken"),
        ("vectors.npy", None, "is broken"),
        ("mentions.jsonl", b"{}\n", "1 mentions for vectors of shape"),
        ("mentions.jsonl", b"", "is broken"),
    ],
)
def test_a_broken_index_is_refused(place, name, content, told):
    path = place / EVIDENCE / name
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    with pytest.raises(BundleError, match=f"(?s){told}.*onoma index"):
        read_index(place, model="this")


def test_an_index_of_another_model_is_refused(place, tmp_path):
    with pytest.raises(BundleError, match=r"another model.*onoma index"):
        read_index(place, model="that")
    assert read_index(tmp_path / "elsewhere", model="this") is None


def test_models_are_told_apart_by_what_their_heads_have_learnt(model):
    same, other = copy.deepcopy(model), copy.deepcopy(model)
    other.head("entities").affine.bias.add_(1)
    assert fingerprint(same) == fingerprint(model) != fingerprint(other)


def test_evidence_is_json(bundle, model, place):
    explainer = Explainer(bundle, TorchBackend(model), model=model, index=read_index(place, model="this"))
    told: Any = explainer.explain("angela merkel in lyon", spans=["lyon"]).to_json()
    assert json.loads(json.dumps(told)) == told
    [evidence, *_] = told["explanations"][0]["evidence"]
    assert evidence["context"][evidence["start"] : evidence["end"]] == evidence["text"]
