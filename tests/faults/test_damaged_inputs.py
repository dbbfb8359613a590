"""Damaged files through every reader of bulk jobs: rows, dead letters or one explained error, in little time."""

from __future__ import annotations

import random
import time
from collections import Counter

import pytest

from onoma.errors import OnomaError
from support.damaging import FILES, damaged, read_all

TRIES = 120
SECONDS = 5.0


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_gives_rows_dead_letters_or_one_explained_error(tmp_path, name):
    chosen, whole, path, found = random.Random(name), FILES[name](), tmp_path / name, Counter[str]()
    for _ in range(TRIES):
        path.write_bytes(damaged(whole, chosen))
        started = time.process_time()
        try:
            found.update(read_all(path))
        except OnomaError as error:
            found["refused" if str(path) in str(error) else "refused without the path"] += 1
        assert time.process_time() - started < SECONDS
    assert found["refused"] + found["dead"] > 0
    assert found["refused without the path"] == 0
