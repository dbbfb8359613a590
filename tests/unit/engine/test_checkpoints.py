"""Checkpoints: pruned, checked before they are used, and never half there."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from onoma.engine.checkpoints import Checkpoints, _save
from onoma.errors import TrainingError


def _fill(folder: Path, *steps: int) -> Checkpoints:
    checkpoints = Checkpoints(folder)
    for step in steps:
        checkpoints.write({"weights": torch.full((3,), float(step)), "step": step}, step=step)
    return checkpoints


def test_the_newest_is_read_and_old_ones_go(tmp_path):
    checkpoints = _fill(tmp_path / "c", 2, 4, 4, 6)
    assert len(list((tmp_path / "c").iterdir())) == 2
    state = checkpoints.read_newest(notice=pytest.fail)
    assert state is not None
    assert state["step"] == checkpoints.last_step == 6
    torch.testing.assert_close(state["weights"], torch.full((3,), 6.0))


def test_there_may_be_none(tmp_path):
    assert Checkpoints(tmp_path / "none").read_newest(notice=pytest.fail) is None


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut short": lambda content: content[:-100],
    "empty": lambda content: b"",
    "one bit": lambda content: content[:300] + bytes([content[300] ^ 1]) + content[301:],
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_one_is_told_and_the_one_before_is_taken(tmp_path, name):
    checkpoints = _fill(tmp_path, 2, 4)
    newest = max(tmp_path.iterdir())
    newest.write_bytes(DAMAGES[name](newest.read_bytes()))
    notices: list[str] = []
    state = checkpoints.read_newest(notice=notices.append)
    assert state is not None
    assert state["step"] == 2
    assert notices == [f"{newest}: this checkpoint is damaged; the run continues from the one before it"]
    assert checkpoints.last_step == 2


def test_nothing_undamaged_left(tmp_path):
    checkpoints = _fill(tmp_path, 2, 4)
    for path in tmp_path.iterdir():
        path.write_bytes(b"")
    with pytest.raises(TrainingError, match="every checkpoint is damaged; pass --overwrite"):
        checkpoints.read_newest(notice=lambda _: None)


def test_a_full_disk_leaves_those_that_stand(tmp_path, monkeypatch):
    checkpoints = _fill(tmp_path, 2, 4)
    before = sorted(tmp_path.iterdir())

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        checkpoints.write({"step": 6}, step=6)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_disk_that_fills_up_under_torch_is_an_error_of_the_system():
    with pytest.raises(OSError, match="No space left"), Path("/dev/full").open("wb", buffering=0) as file:
        _save({"weights": torch.zeros(1_000_000)}, file)
