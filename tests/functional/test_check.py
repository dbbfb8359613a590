"""`onoma check` as a user runs it."""

from __future__ import annotations

import json
import os
import re
import signal
import sys

import pytest

from onoma.api.checking import check
from onoma.engine.events import Event, Stage, Stepped
from onoma.errors import StoppedError
from support.learnable import QUICK, SENTENCES, write_corpus


@pytest.fixture
def noisy(tmp_path):
    """A corpus that the model has learnt, with errors at the end."""
    wrong = ["in/O lyon/B-PER the/O angela/B-PER", "the/O merkel/O visited/O lyon/B-LOC"]
    return write_corpus(tmp_path / "noisy.conll", [*SENTENCES * 2, *wrong])


def test_findings_have_a_place_a_reason_and_a_fix(onoma, tmp_path):
    path = write_corpus(tmp_path / "a.conll", ["Ada/B-PER left/O", "Bo/B-per left/O"])
    outcome = onoma("check", path)
    assert outcome.status == 1
    assert re.search(rf"{re.escape(str(path))}:4: per \(1\) beside PER \(1\)\n.*learnt as two.*--fix", outcome.out)
    assert "2 documents checked: 1 error," in outcome.out


def test_the_status_follows_fail_on(onoma, tmp_path):
    warned = write_corpus(tmp_path / "a.conll", ["Ada/B-PER left/O"])
    broken = write_corpus(tmp_path / "b.conll", ["Ada/B-PER left/O", "Bo/B-per left/O"])
    assert onoma("check", warned).status == 0
    assert onoma("check", warned, "--fail-on", "warning").status == 1
    assert onoma("check", broken, "--fail-on", "never").status == 0
    assert onoma("check", tmp_path / "none.conll").status == 2


def test_json_is_all_of_it(onoma, tmp_path):
    train = write_corpus(tmp_path / "train.conll", ["Ada/B-PER left/O Turin/B-LOC at/O noon/O"])
    outcome = onoma("check", "--train", train, "--test", train, "--json")
    told = json.loads(outcome.out)
    assert outcome.status == 1
    assert told["checks"]["leak"] == 1
    assert {"check", "severity", "file", "line", "what", "why", "fix", "score"} <= told["findings"][0].keys()


def test_a_label_that_only_files_of_no_part_have_is_named_with_them(onoma, tmp_path):
    train = write_corpus(tmp_path / "train.conll", ["Ada/B-PER left/O Turin/B-LOC at/O noon/O"])
    other = write_corpus(tmp_path / "other.conll", ["Bo/B-ORG stayed/O"])
    assert "ORG: 1 in the other files, none in train" in onoma("check", other, "--train", train).out


def test_fix_writes_the_files_and_a_diff(onoma, tmp_path):
    path = write_corpus(tmp_path / "a.conll", ["Ada/B-PER left/O", "Bo/B-PER left/O", "Cy/B-per left/O"])
    outcome = onoma("check", path, "--fix", tmp_path / "out")
    assert "1 document changed" in outcome.err
    assert "+Cy\tB-PER" in (tmp_path / "out" / "changes.diff").read_text(encoding="utf-8")
    assert onoma("check", tmp_path / "out" / "a.conll").status == 0


def test_a_model_names_the_likeliest_error_first(onoma, model, noisy):
    outcome = onoma("check", noisy, "--model", model, "--json", "--threads", 1)
    found = [finding for finding in json.loads(outcome.out)["findings"] if finding["check"] == "model"]
    assert (found[0]["what"], found[0]["line"]) == ("'lyon' PER", 58)


def test_folds_name_them_without_a_model(onoma, encoder, noisy):
    outcome = onoma("check", noisy, "--folds", 2, "--encoder", encoder, "--json", "--threads", 1, *QUICK)
    found = [finding for finding in json.loads(outcome.out)["findings"] if finding["check"] == "model"]
    assert {finding["line"] for finding in found} >= {58, 63}
    assert not outcome.status, outcome.err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM that can be handled")
@pytest.mark.parametrize(("number", "error"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, StoppedError)])
def test_a_signal_ends_a_check_with_folds(encoder, noisy, number, error):
    events: list[Event] = []

    def kill_in_first_fold(event: Event) -> None:
        events.append(event)
        if isinstance(event, Stepped):
            os.kill(os.getpid(), number)

    with pytest.raises(error) as stopped:
        check(
            noisy,
            folds=2,
            encoder=str(encoder),
            settings={"model.window": 64, "model.overlap": 16},
            on_event=kill_in_first_fold,
        )
    assert "resume" not in str(stopped.value)
    assert [event.text for event in events if isinstance(event, Stage) and "fold" in event.text] == ["fold 1 of 2"]
    assert not any("resume" in str(event) for event in events)


def test_words_that_the_tokenizer_does_not_know(onoma, model, tmp_path):
    path = write_corpus(tmp_path / "a.conll", ["angela/B-PER visited/O 日本/B-LOC"])
    outcome = onoma("check", path, "--model", model, "--json", "--threads", 1)
    [finding] = [finding for finding in json.loads(outcome.out)["findings"] if finding["check"] == "unknown"]
    assert (finding["line"], finding["severity"]) == (3, "warning")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "no files.*--train"),
        (["a.conll", "--set", "training.epochs=1"], "--folds"),
        (["a.conll", "--folds", "50"], "50 folds of 1"),
        (["a.conll", "--folds", "2", "--set", "output=x"], "output is different for each fold"),
        (["a.conll", "--model", "nowhere"], "folder does not exist"),
    ],
)
def test_what_cannot_be_done_is_said(onoma, tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    write_corpus(tmp_path / "a.conll", ["Ada/B-PER left/O"])
    outcome = onoma("check", *arguments)
    assert outcome.status == 2
    assert re.search(said, outcome.err.rpartition("onoma: ")[2])
