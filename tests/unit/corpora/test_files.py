"""Which files a path stands for, and that their digest tells other content."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from onoma.corpora import digest_of, files_of
from onoma.errors import CorpusError


def test_a_folder_stands_for_all_files_below_it_in_order(tmp_path):
    for name in ("b.conll", "a/2.conll", "a/1.conll"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    assert files_of(tmp_path) == [tmp_path / name for name in ("a/1.conll", "a/2.conll", "b.conll")]


@pytest.mark.parametrize("named", ["one.ann", "one.txt"])
def test_either_file_of_a_brat_pair_stands_for_both(tmp_path, named):
    for name in ("one.ann", "one.txt", "two.txt"):
        (tmp_path / name).write_text("")
    assert sorted(path.name for path in files_of(tmp_path / named)) == ["one.ann", "one.txt"]
    assert files_of(tmp_path / "two.txt") == [tmp_path / "two.txt"]


def test_the_digest_is_that_of_the_content_of_all_files(tmp_path):
    paths = [tmp_path / "b", tmp_path / "a"]
    for path in paths:
        path.write_text(path.name * 3)
    assert digest_of(paths) == f"sha256:{hashlib.sha256(b'bbbaaa').hexdigest()}"


def test_a_file_that_is_missing_is_named(tmp_path: Path):
    with pytest.raises(CorpusError, match=r"none\.conll: cannot be read: No such file"):
        digest_of([tmp_path / "none.conll"])
