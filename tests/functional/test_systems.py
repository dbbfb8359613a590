"""What a user does, on systems that are not Linux, as far as they can be feigned."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import optuna
import pytest

from onoma.errors import InputError
from onoma.io.files import fsync_path
from onoma.io.lock import locked
from onoma.machine import processor
from onoma.tuning.storage import open_storage
from support.learnable import QUICK
from support.systems import feign_macos, feign_windows

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="feigns other systems on Linux")

SYSTEMS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {"macOS": feign_macos, "Windows": feign_windows}


@pytest.fixture(params=SYSTEMS)
def system(request, model, corpus):
    """The system; models and corpora of other tests are there already."""
    with pytest.MonkeyPatch.context() as patch:
        SYSTEMS[request.param](patch)
        yield request.param
    processor.find_processor.cache_clear()


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def rows(path: Path, count: int) -> Path:
    path.write_text("text\n" + "angela visited lyon\n" * count, encoding="utf-8")
    return path


def test_what_is_feigned_is_refused(tmp_path):
    with pytest.MonkeyPatch.context() as patch:
        feign_windows(patch)
        path = tmp_path / "folder" / "file"
        path.parent.mkdir()
        with path.open("w", encoding="utf-8"), pytest.raises(PermissionError):
            path.unlink()
        with path.open("rb"), pytest.raises(PermissionError):
            path.parent.rename(tmp_path / "other")
        with path.open("rb"), pytest.raises(PermissionError):
            shutil.rmtree(path.parent)
        shutil.rmtree(path.parent)
    processor.find_processor.cache_clear()


def test_tagging_a_text(onoma, system, model):
    ended = onoma("tag", "--model", model, "--text", "angela visited lyon", "--to", "jsonl")
    assert ended.status == 0, ended.err
    assert '"PER"' in ended.out


@pytest.mark.parametrize("output", ["out.jsonl", "out.csv", "out.parquet", "out/", "out.jsonl.gz"])
def test_a_job_its_end_and_another_over_it(onoma, system, model, tmp_path, output):
    command = ("tag", "--model", model, rows(tmp_path / "in.csv", 50), "--threads", "1", "--shard-rows", "20")
    named = f"{tmp_path}{os.sep}{output}"
    for more in ((), ("--overwrite",)):
        ended = onoma(*command, "--output", named, *more)
        assert ended.status == 0, ended.err
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["in.csv", output.rstrip("/")])


def test_a_job_that_was_stopped(onoma, system, model, tmp_path, monkeypatch):
    command = ("tag", "--model", model, rows(tmp_path / "in.csv", 50), "--threads", "1", "--shard-rows", "20")
    output = tmp_path / "out.jsonl"
    with monkeypatch.context() as patch:
        patch.setattr("onoma.bulk.journal.Journal.finish", _stopping)
        assert onoma(*command, "-o", output).status == 130
    ended = onoma(*command, "-o", output, "--resume")
    assert ended.status == 0, ended.err
    assert len(lines(output)) == 50
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.jsonl"]


def test_files_with_long_cells(onoma, system, tmp_path):
    table = tmp_path / "in.csv"
    long = "lyon " * 40_000
    table.write_text(f'id,text\n1,"{long}"\n', encoding="utf-8")
    ended = onoma("tag", table, "--output", tmp_path / "out.csv", "--threads", "1")
    assert ended.status == 0, ended.err
    words = tmp_path / "words.csv"
    words.write_text(f"text,spans\n{long},\"[{{'start': 0, 'end': 4, 'label': 'LOC'}}]\"\n", encoding="utf-8")
    ended = onoma("convert", words, tmp_path / "words.jsonl")
    assert ended.status == 0, ended.err


def test_converting_scoring_and_fixing(onoma, system, corpus, tmp_path):
    converted = tmp_path / "converted.jsonl"
    for more in ((), ("--overwrite",)):
        ended = onoma("convert", corpus, converted, *more)
        assert ended.status == 0, ended.err
    assert onoma("score", corpus, converted).status == 0
    assert onoma("check", converted, "--fix", tmp_path / "fixed", "--fail-on", "never").status == 0


def test_evaluating_calibrating_and_exporting(onoma, system, model, corpus, tmp_path):
    copied = Path(shutil.copytree(model, tmp_path / "model"))
    for command in (
        ("evaluate", copied, corpus, "--report", tmp_path / "page.html"),
        ("calibrate", copied, corpus, "--recall", "0.5"),
        ("export", copied, "--quantize", "int8"),
        ("export", copied),
        ("export", copied, "--output", tmp_path / "shipped"),
        ("export", copied, "--output", tmp_path / "shipped", "--overwrite"),
        ("info", copied),
    ):
        ended = onoma(*command)
        assert ended.status in (0, 2 if command[0] == "calibrate" else 0), ended.err


def test_training_resuming_and_training_again(onoma, system, encoder, corpus, tmp_path, monkeypatch):
    output = tmp_path / "run"
    named = ("train", "--train", corpus, "--dev", corpus, "--test", corpus, "--encoder", encoder, "-o", output)
    settings = (*QUICK, "--set", "training.epochs=3", "--set", "training.checkpoint_steps=2")
    with monkeypatch.context() as patch:
        patch.setattr("onoma.engine.loop.Loop._measured", _stopping)
        assert onoma(*named, *settings).status == 130
    for more in (("--resume",), ("--overwrite",)):
        ended = onoma(*named, *settings, *more)
        assert ended.status == 0, ended.err
    assert "unfinished" not in {path.name for path in output.iterdir()}


def test_tagging_with_several_workers(onoma, system, model, tmp_path):
    output = tmp_path / "out.jsonl"
    ended = onoma("tag", rows(tmp_path / "in.csv", 50), "--model", model, "-o", output, "--workers", "2")
    assert ended.status == 0, ended.err
    assert len(lines(output)) == 50


def test_comparing(onoma, system, corpus, tmp_path):
    named = ("--train", corpus, "--dev", corpus, "--encoder", "gazetteer", "--encoder", "crf", "--seeds", "1")
    ended = onoma("compare", *named, "-o", tmp_path / "compared", "--jobs", "2")
    assert ended.status == 0, ended.err
    assert "best on dev" in ended.out


def test_a_journal_as_the_storage_of_a_study(system, tmp_path):
    path = tmp_path / "study.log"
    optuna.create_study(study_name="names", storage=open_storage(f"journal:{path}"))
    assert optuna.load_study(study_name="names", storage=open_storage(f"journal:{path}")).trials == []


def test_files_are_held_by_the_disk(system, tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"content")
    held: list[int] = []
    honest = os.fsync

    def noting(handle: int) -> None:
        honest(handle)
        held.append(handle)

    monkeypatch.setattr(os, "fsync", noting)
    fsync_path(tmp_path / "file")
    assert len(held) == 1
    fsync_path(tmp_path)


def test_two_at_one_output(system, tmp_path):
    path = tmp_path / "run" / "onoma.lock"
    with locked(path), pytest.raises(InputError, match="another run is writing"), locked(path):
        pass
    with locked(path):
        pass


def _stopping(*_: object, **__: object) -> None:
    raise KeyboardInterrupt
