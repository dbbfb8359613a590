"""Damaged files of every format are read, or refused with one message, in time; see benchmarks/fuzz_readers.py."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from support.damage import SAMPLES, damaged, outcome_of


@pytest.mark.parametrize("name", SAMPLES)
def test_damaged_files_are_read_or_refused(name: str, tmp_path: Path) -> None:
    chance, sample = random.Random(name), SAMPLES[name]
    for other, content in sample.files.items():
        (tmp_path / other).write_bytes(content)
    first, content = next(iter(sample.files.items()))
    (tmp_path / first).write_bytes(sample.pack(content))
    assert outcome_of(tmp_path / first) == ("read", "")
    for _ in range(15):
        broken = damaged(content, chance)
        (tmp_path / first).write_bytes(sample.pack(broken))
        outcome, message = outcome_of(tmp_path / first)
        assert outcome in ("read", "refused"), f"{outcome}: {message}\n{broken!r}"
