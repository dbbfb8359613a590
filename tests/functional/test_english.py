"""The English model that comes with onoma: it is there, small, and tags what anybody would."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import onoma
from onoma.bundle import load_bundle

SENTENCES = {
    "Angela Merkel visited Lyon with engineers of Siemens.": {"Angela Merkel": "PER", "Lyon": "LOC", "Siemens": "ORG"},
    "Brazil beat Germany 2-0 in Yokohama.": {"Brazil": "LOC", "Germany": "LOC", "Yokohama": "LOC"},
    "Real Madrid beat Valencia 3-1 on Sunday .": {"Real Madrid": "ORG", "Valencia": "ORG"},
    "omg justin bieber is in toronto today!!": {"justin bieber": "PER", "toronto": "LOC"},
    "Nothing to see here, move along.": {},
}


@pytest.fixture(scope="module")
def english():
    return onoma.load("en", threads=1)


@pytest.mark.parametrize("text", SENTENCES)
def test_it_finds_what_anybody_would(english, text):
    assert {entity.text: entity.label for entity in english.tag(text).entities} == SENTENCES[text]


def test_the_command_needs_no_model_to_be_named(onoma):
    ended = onoma("tag", "--text", "Angela Merkel visited Lyon.", "--to", "jsonl")
    assert ended.status == 0, ended.err
    entities = json.loads(ended.out)["entities"]
    assert [(entity["text"], entity["label"]) for entity in entities] == [("Angela Merkel", "PER"), ("Lyon", "LOC")]


def test_it_is_small_enough_to_come_along():
    folder = load_bundle("en").folder
    assert folder is not None
    assert sum(file.stat().st_size for file in folder.iterdir()) < 40e6


def test_a_folder_of_that_name_goes_first(monkeypatch, model, tmp_path):
    (tmp_path / "en").symlink_to(model)
    monkeypatch.chdir(tmp_path)
    assert load_bundle("en").folder == Path("en")
    assert onoma.load("en").labels == ("LOC", "PER")
