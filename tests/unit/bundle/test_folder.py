"""The output folder: whole bundles, runs that can be gone on with, and nothing of anybody else's."""

from __future__ import annotations

from pathlib import Path

import pytest

from onoma.bundle import OutputFolder, open_output
from onoma.errors import InputError
from onoma.io.lock import locked


def _fill(folder: Path, *, weights: str = "new") -> None:
    for name in ("model.onnx", "onoma.json"):
        (folder / name).write_text(weights, encoding="utf-8")


def _begin(output: OutputFolder) -> None:
    output.checkpoints.mkdir()
    (output.checkpoints / "1.pt").touch()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def bundle(folder: Path) -> Path:
    """A finished bundle, with a file of an older kind."""
    folder.mkdir()
    _fill(folder, weights="old")
    (folder / "old.bin").touch()
    return folder


@pytest.fixture
def unfinished(folder: Path) -> Path:
    """A run that died after its first checkpoint."""
    with open_output(folder) as output:
        _begin(output)
    return folder


def test_a_finished_run_leaves_its_bundle_alone(folder):
    with open_output(folder) as output:
        _begin(output)
        with output.new_bundle(last=True) as draft:
            _fill(draft)
    assert sorted(path.name for path in folder.iterdir()) == ["model.onnx", "onoma.json"]


def test_a_run_that_fails_at_once_leaves_nothing(folder):
    with pytest.raises(ZeroDivisionError), open_output(folder):
        raise ZeroDivisionError
    assert not folder.exists()


def test_a_bundle_stays_until_the_new_one_is_complete(bundle):
    with pytest.raises(InputError, match="has a model; pass --overwrite"), open_output(bundle):
        pass
    with pytest.raises(ZeroDivisionError), open_output(bundle, overwrite=True) as output, output.new_bundle(last=True):
        raise ZeroDivisionError
    assert (bundle / "model.onnx").read_text(encoding="utf-8") == "old"
    assert not (bundle / "unfinished").exists()
    with open_output(bundle, overwrite=True) as output, output.new_bundle(last=True) as draft:
        _fill(draft)
        (draft / "tensorboard").mkdir()
    assert (bundle / "model.onnx").read_text(encoding="utf-8") == "new"
    assert sorted(path.name for path in bundle.iterdir()) == ["model.onnx", "onoma.json", "tensorboard"]


def test_an_unfinished_run_is_resumed_or_forgotten_but_not_overlooked(unfinished):
    with pytest.raises(InputError, match=r"unfinished run; pass --resume .*--overwrite"), open_output(unfinished):
        pass
    with pytest.raises(InputError, match="pass one of them"), open_output(unfinished, overwrite=True, resume=True):
        pass
    with open_output(unfinished, resume=True) as output:
        assert output.begun
    with open_output(unfinished, overwrite=True) as output:
        assert not output.begun
    assert list(unfinished.iterdir()) == []


def test_the_bundle_of_an_interrupted_run_is_replaced_when_the_run_ends(unfinished):
    for last in (False, True):
        with open_output(unfinished, resume=True) as output, output.new_bundle(last=last) as draft:
            _fill(draft, weights=str(last))
        assert (unfinished / "model.onnx").read_text(encoding="utf-8") == str(last)
        assert (unfinished / "unfinished").exists() is not last


def test_a_death_while_the_bundle_is_moved_loses_nothing(unfinished, monkeypatch):
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with open_output(unfinished, resume=True) as output, monkeypatch.context() as patch:
        patch.setattr(OutputFolder, "_move", die)
        with pytest.raises(KeyboardInterrupt), output.new_bundle(last=True) as draft:
            _fill(draft)
    assert not (unfinished / "onoma.json").exists()
    with open_output(unfinished, resume=True) as output:
        assert output.complete
        output.finish()
    assert sorted(path.name for path in unfinished.iterdir()) == ["model.onnx", "onoma.json"]


def test_a_finished_model_is_nothing_to_resume(bundle):
    with pytest.raises(InputError, match="finished model, so there is nothing to resume"):
        open_output(bundle, resume=True).__enter__()


def test_folders_of_others_are_refused(folder):
    folder.mkdir()
    (folder / ".git").mkdir()
    for overwrite in (False, True):
        with pytest.raises(InputError, match="has no model"), open_output(folder, overwrite=overwrite):
            pass
    file = folder / "file"
    file.touch()
    with pytest.raises(InputError, match="this is a file"), open_output(file):
        pass


def test_a_lock_is_held_by_one_and_names_it(tmp_path):
    path = tmp_path / "run" / "onoma.lock"
    with locked(path), pytest.raises(InputError, match=r"another run .*\(process \d+ on "), locked(path):
        pass
    with locked(path):
        pass
