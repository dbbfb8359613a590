"""The English model that comes with onoma: it is there, small, and tags what anybody would."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import onoma
from onoma.bundle import load_bundle
from support.environment import environment

SENTENCES = {
    "Angela Merkel visited Lyon with engineers of Siemens.": {"Angela Merkel": "PER", "Lyon": "LOC", "Siemens": "ORG"},
    "Brazil beat Germany 2-0 in Yokohama.": {"Brazil": "LOC", "Germany": "LOC", "Yokohama": "LOC"},
    "Real Madrid beat Valencia 3-1 on Sunday .": {"Real Madrid": "ORG", "Valencia": "ORG"},
    "omg justin bieber is in toronto today!!": {"justin bieber": "PER", "toronto": "LOC"},
    "Nothing to see here, move along.": {},
    "Hello Peter": {"Peter": "PER"},
    "Best, Tom": {"Tom": "PER"},
    "Tom in Bonn": {"Tom": "PER", "Bonn": "LOC"},
    "Call Mom at 5": {},
    "Please Read This First": {},
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


def test_a_system_where_processes_are_not_bound_to_cores():
    ended = _program(
        "import os; vars(os).pop('sched_getaffinity', None)", "tag", "--text", "Angela Merkel", "--to", "jsonl"
    )
    assert json.loads(ended.stdout)["entities"][0]["label"] == "PER"


def test_what_is_not_a_terminal_gets_utf8_whatever_the_system_prefers():
    ended = _program("", "tag", "--text", "Zürich 🎻", "--to", "jsonl", PYTHONIOENCODING="cp1252")
    assert json.loads(ended.stdout.decode("utf-8"))["text"] == "Zürich 🎻"


def test_a_message_about_a_text_that_the_terminal_cannot_show(tmp_path):
    ended = _program("", "tag", str(tmp_path / "東.txt"), PYTHONIOENCODING="ascii")
    assert (ended.returncode, "Traceback" in ended.stderr.decode()) == (2, False)


def _program(before: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[bytes]:
    program = f"import sys; sys.argv[1:] = {arguments!r}\n{before}\nfrom onoma.cli import main; main()"
    command = [sys.executable, "-c", program]
    return subprocess.run(command, capture_output=True, check=False, env=environment(**variables))


def test_it_is_not_calibrated_in_place(onoma, tmp_path):
    text = tmp_path / "dev.conll"
    text.write_text("Ada B-PER\nleft O\nTurin B-LOC\n", encoding="utf-8")
    ended = onoma("calibrate", "en", str(text))
    assert ended.status == 2
    assert "comes with onoma" in ended.err
