"""`onoma explain` and `onoma index` as a user runs them."""

from __future__ import annotations

import json
import re
import shutil
from importlib.util import find_spec

import pytest

import onoma as library
from support.learnable import SENTENCES, write_corpus

TEXT = "angela merkel visited lyon"


@pytest.fixture
def own(model, tmp_path):
    """The model, in a folder that a test may write to."""
    return shutil.copytree(model, tmp_path / "model")


def test_each_entity_its_words_and_the_gap(onoma, model):
    outcome = onoma("explain", model, "--text", TEXT)
    assert outcome.status == 0, outcome.err
    assert re.search(r"^angela merkel PER [01]\.\d+\n  runner-up \S+ 0\.\d+, margin \+[01]\.\d+", outcome.out)
    assert "\n  [angela merkel] visited lyon" in outcome.out
    assert "\n  angela merkel visited [lyon]" in outcome.out
    assert re.search(r"log-odds \S+, with all words hidden \S+, from words \S+, gap \S+\n", outcome.out)


def test_json_adds_up_and_the_decisive_word_counts_most(onoma, model):
    told = json.loads(onoma("explain", model, "--text", "the visited lyon and", "--json").out)
    (found,) = told["explanations"]
    assert (found["text"], found["label"], found["predicted"]) == ("lyon", "LOC", True)
    for method in ("gradients", "occlusion"):
        assert max(found["words"], key=lambda word: word[method])["text"] == "lyon"
    pushed = sum(word["gradients"] for word in found["words"])
    assert found["baseline"] + pushed + found["gap"] == pytest.approx(found["log_odds"])
    assert abs(found["gap"]) < 0.05 * abs(found["log_odds"] - found["baseline"])
    assert all(told["text"][word["start"] : word["end"]] == word["text"] for word in found["words"])
    assert told == library.explain(model, "the visited lyon and").to_json()


@pytest.mark.parametrize("span", ["22:26", "lyon", "23:24"])
def test_why_another_label_is_not_found(onoma, model, span):
    told = json.loads(onoma("explain", model, "--text", TEXT, "--span", span, "--label", "PER", "--json").out)
    (found,) = told["explanations"]
    assert (found["start"], found["end"], found["label"], found["predicted"]) == (22, 26, "PER", False)
    assert found["runner_up"]["label"] == "LOC"
    assert found["margin"] < 0


def test_the_nearest_mentions_once_there_is_an_index(onoma, own, corpus):
    before = onoma("explain", own, "--text", TEXT, "--evidence", 1)
    assert before.status == 2
    assert re.search(r"no index.*onoma index", before.err)
    outcome = onoma("index", own, corpus)
    assert outcome.out.startswith(f"{sum(s.count('B-') for s in SENTENCES) * 4} entities written to ")
    again = onoma("index", own, corpus)
    assert again.status == 2
    assert "--overwrite" in again.err
    assert onoma("index", own, corpus, "--overwrite").status == 0
    told = json.loads(onoma("explain", own, "--text", TEXT, "--json").out)
    person, place = told["explanations"]
    assert (person["evidence"][0]["text"], person["evidence"][0]["label"]) == ("angela merkel", "PER")
    assert (place["evidence"][0]["text"], len(place["evidence"])) == ("lyon", 3)
    assert "angela merkel visited [lyon]" in onoma("explain", own, "--text", TEXT, "--evidence", 5).out
    assert onoma("tag", "--model", own, "--text", TEXT).status == 0
    assert onoma("info", own).status == 0


def test_a_page(onoma, own, corpus, tmp_path):
    onoma("index", own, corpus)
    page = tmp_path / "why.html"
    outcome = onoma("explain", own, "--text", TEXT, "--html", page)
    assert (outcome.status, outcome.out) == (0, "")
    assert f"{page}: 2 explanations" in outcome.err
    written = page.read_text(encoding="utf-8")
    assert "<b>angela merkel</b>" in written
    assert "default-src 'none'" in written
    assert written.count("<article>") == 2
    assert onoma("explain", own, "--text", "<i> lyon", "--span", "lyon", "--html", page).status == 0
    assert "&lt;</span>" in page.read_text(encoding="utf-8")


def test_faithfulness(onoma, model, corpus):
    outcome = onoma("explain", model, "--faithfulness", corpus, "--entities", 3, "--json")
    told = json.loads(outcome.out)
    assert told["entities"] == 3
    assert told["words"]["gradients"]["comprehensiveness_above_random"]["mean"] > 0
    table = onoma("explain", model, "--faithfulness", corpus, "--entities", 2).out
    assert "gradients, all words" in table
    assert "2 entities, 95% intervals; mean completeness gap" in table


def test_a_model_that_only_tags_is_explained_by_occlusion(onoma, corpus):
    outcome = onoma("explain", "en", "--text", "Angela Merkel visited Lyon.", "--json", "--threads", 1)
    told = json.loads(outcome.out)
    assert [found["label"] for found in told["explanations"]] == ["PER", "LOC"]
    assert told["explanations"][0]["gap"] is None
    assert re.search("note: .*occlusion only.*onoma train", outcome.err)
    refused = onoma("index", "en", corpus)
    assert refused.status == 2
    assert re.search(r"has no model\.safetensors.*onoma train", refused.err)


def test_without_captum_the_extra_is_named(onoma, model, monkeypatch):
    monkeypatch.setattr("onoma.api.explaining.find_spec", lambda name: None if name == "captum" else find_spec(name))
    outcome = onoma("explain", model, "--text", TEXT)
    assert outcome.status == 2
    assert "pip install 'onoma[explain]'" in outcome.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "--text.*--faithfulness"),
        (["--text", TEXT, "--faithfulness", "a.conll"], "pass either"),
        (["--text", TEXT, "--span", "20:40"], "20:40.*26 characters"),
        (["--text", TEXT, "--span", "paris"], "'paris'"),
        (["--text", TEXT, "--label", "ORG"], "'ORG'.*PER"),
        (["--text", TEXT, "--entities", "3"], "--faithfulness"),
        (["--faithfulness", "a.conll", "--span", "paris"], "--text"),
        (["--faithfulness", "none.conll"], "none.conll"),
    ],
)
def test_what_cannot_be_explained_is_said(onoma, model, tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    write_corpus(tmp_path / "a.conll", ["the/O"])
    outcome = onoma("explain", model, *arguments)
    assert outcome.status == 2
    assert re.search(said, outcome.err)


def test_a_broken_index_is_told(onoma, own, corpus):
    onoma("index", own, corpus)
    (own / "evidence" / "vectors.npy").write_bytes(b"")
    outcome = onoma("explain", own, "--text", TEXT)
    assert outcome.status == 2
    assert re.search("the index is broken.*--overwrite", outcome.err)
    assert onoma("index", own, corpus, "--overwrite").status == 0
    assert onoma("explain", own, "--text", TEXT).status == 0
