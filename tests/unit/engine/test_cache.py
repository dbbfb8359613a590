"""Arrays are made once and found again; whatever befalls an entry or the disk, the arrays are the same."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest

from onoma.engine import cache as cache_module
from onoma.engine.cache import Cached, Columns, Piece, arrays_in_memory, cached_arrays, prune

COLUMNS: Columns = {"ids": np.int32, "marks": np.dtype(np.uint8), "ends": np.int64}


class BatchBuilder:
    """Makes the same arrays each time and counts how often."""

    def __init__(self, size: int = 40) -> None:
        self.size = size
        self.calls = 0

    def __call__(self) -> Generator[Piece, None, str]:
        self.calls += 1
        for length in range(1, self.size):
            yield {"ids": np.arange(length), "ends": np.asarray([length])}
            yield {"marks": np.asarray([length % 2 == 0]), "ids": np.zeros(0)}
        return "the facts ς"


@pytest.fixture
def notices() -> list[str]:
    """What a test has been told."""
    return []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "cache"


def ask(key: str, maker: BatchBuilder, folder: Path, notices: list[str], *, max_bytes: int = 2**30) -> Cached:
    cached = cached_arrays(key, columns=COLUMNS, build=maker, notice=notices.append, folder=folder, max_bytes=max_bytes)
    assert cached.facts == "the facts ς"
    assert {name: array.dtype for name, array in cached.arrays.items()} == COLUMNS
    lengths = range(1, maker.size)
    assert cached.arrays["ids"].tolist() == [each for length in lengths for each in range(length)]
    assert cached.arrays["marks"].tolist() == [int(length % 2 == 0) for length in lengths]
    assert cached.arrays["ends"].tolist() == list(lengths)
    return cached


def entry_of(folder: Path) -> Path:
    (entry,) = folder.iterdir()
    return entry


def test_a_second_run_makes_nothing(folder, notices):
    maker = BatchBuilder()
    assert not ask("a", maker, folder, notices).found
    assert ask("a", maker, folder, notices).found
    assert (maker.calls, notices) == (1, [])


def test_another_key_is_another_entry(folder, notices):
    maker = BatchBuilder()
    ask("a", maker, folder, notices)
    assert not ask("b", maker, folder, notices).found
    assert len(list(folder.iterdir())) == 2


def test_other_columns_are_another_entry(folder, notices):
    maker = BatchBuilder()
    ask("a", maker, folder, notices)
    wider = {**COLUMNS, "marks": np.int16}
    cached = cached_arrays("a", columns=wider, build=maker, notice=notices.append, folder=folder)
    assert (cached.found, cached.arrays["marks"].dtype, notices) == (False, np.dtype(np.int16), [])
    assert ask("a", maker, folder, notices).found


def test_without_a_folder_entries_are_in_the_cache_of_the_user(tmp_path, notices, monkeypatch):
    monkeypatch.setenv("ONOMA_CACHE", str(tmp_path))
    cached_arrays("a", columns=COLUMNS, build=BatchBuilder(), notice=notices.append)
    assert ask("a", BatchBuilder(), tmp_path / "examples", notices).found


def test_what_is_found_lies_on_the_disk_and_not_in_memory(folder, notices):
    for array in ask("a", BatchBuilder(), folder, notices).arrays.values():
        assert isinstance(array.base, np.memmap)
        assert not array.flags.writeable


def test_empty_arrays_can_be_kept(folder, notices):
    maker = BatchBuilder(size=1)
    ask("a", BatchBuilder(size=5), folder, notices)
    ask("b", maker, folder, notices)
    assert ask("b", maker, folder, notices).found
    assert (maker.calls, notices) == (1, [])


def test_arrays_in_memory_are_those_on_the_disk(folder, notices):
    maker = BatchBuilder()
    kept = ask("a", maker, folder, notices).arrays
    held = arrays_in_memory(maker(), columns=COLUMNS)
    assert held.keys() == kept.keys()
    for name, array in held.items():
        assert array.dtype == kept[name].dtype
        np.testing.assert_array_equal(array, kept[name])
    assert [len(array) for array in arrays_in_memory([], columns=COLUMNS).values()] == [0, 0, 0]


def test_files_are_what_numpy_reads_whatever_their_length(folder, notices):
    kept = ask("a", BatchBuilder(size=1_000), folder, notices).arrays
    for name, array in kept.items():
        np.testing.assert_array_equal(np.load(entry_of(folder) / f"{name}.npy"), array)


@pytest.mark.parametrize("name", ["ids.npy", "marks.npy", "ends.npy", "entry.json"])
@pytest.mark.parametrize("damage", ["cut", "gone", "grown"])
def test_a_broken_entry_is_noticed_and_made_anew(folder, notices, name, damage):
    maker = BatchBuilder()
    ask("a", maker, folder, notices)
    path = entry_of(folder) / name
    if damage == "gone":
        path.unlink()
    else:
        content = path.read_bytes()
        path.write_bytes(content[:-3] if damage == "cut" else content + b"abc")
    assert not ask("a", maker, folder, notices).found
    assert maker.calls == 2
    assert "made again" in notices[0]
    assert ask("a", maker, folder, notices).found
    assert len(notices) == 1


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"sizes": 3, "facts": ""}', '{"sizes": {"ids.npy": 1}}'])
def test_an_entry_that_says_nothing_is_made_anew(folder, notices, text):
    maker = BatchBuilder()
    ask("a", maker, folder, notices)
    (entry_of(folder) / "entry.json").write_text(text)
    assert not ask("a", maker, folder, notices).found


def test_a_maker_that_fails_leaves_nothing(folder, notices):
    def failing() -> Generator[Piece, None, str]:
        yield {"ids": np.zeros(3)}
        raise OSError(errno.EIO, "the corpus is gone")

    with pytest.raises(OSError, match="the corpus is gone"):
        cached_arrays("a", columns=COLUMNS, build=failing, notice=notices.append, folder=folder)
    assert (list(folder.iterdir()), notices) == ([], [])


def test_on_a_full_disk_arrays_are_held_in_memory(folder, notices):
    resource = pytest.importorskip("resource", reason="limits of a process are a thing of POSIX")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    maker = BatchBuilder(size=1_000)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        cached = ask("a", maker, folder, notices)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not isinstance(cached.arrays["ids"].base, np.memmap)
    assert (maker.calls, list(folder.iterdir())) == (2, [])
    assert "File too large" in notices[0]


def test_where_no_folder_can_be_made_arrays_are_held_in_memory(tmp_path, notices):
    (tmp_path / "file").write_text("")
    ask("a", BatchBuilder(), tmp_path / "file" / "cache", notices)
    assert "kept in memory" in notices[0]


def test_of_two_runs_at_once_the_first_to_finish_keeps_its_entry(folder, notices):
    inner = BatchBuilder()

    class Racing(BatchBuilder):
        def __call__(self) -> Generator[Piece, None, str]:
            ask("a", inner, folder, notices)
            return super().__call__()

    ask("a", Racing(), folder, notices)
    assert ask("a", inner, folder, notices).found
    assert (len(list(folder.iterdir())), notices) == (1, [])


def test_entries_not_used_for_longest_go_first(folder, notices):
    maker = BatchBuilder()
    for hour, key in enumerate("abc"):
        ask(key, maker, folder, notices)
        for entry in folder.iterdir():
            age_of_untouched(entry, hour)
    ask("a", maker, folder, notices)
    size = sum(file.stat().st_size for file in next(folder.iterdir()).iterdir())
    ask("d", maker, folder, notices, max_bytes=3 * size)
    assert ask("a", maker, folder, notices).found
    assert ask("c", maker, folder, notices).found
    assert ask("d", maker, folder, notices).found
    assert not ask("b", maker, folder, notices).found


def age_of_untouched(entry: Path, hour: int) -> None:
    """Put an entry that has just been made back in time, in the order in which entries were made."""
    for path in (*entry.iterdir(), entry):
        if path.stat().st_mtime > 1_000_000_000:
            os.utime(path, (hour, hour))


def test_the_newest_entry_stays_whatever_its_size(folder, notices):
    maker = BatchBuilder()
    ask("a", maker, folder, notices, max_bytes=0)
    ask("b", maker, folder, notices, max_bytes=0)
    assert ask("b", maker, folder, notices).found
    assert len(list(folder.iterdir())) == 1


def test_what_a_dead_run_left_goes_after_a_day(folder, notices):
    for name, when in ((".old", 0), (".new", None)):
        draft = folder / name
        draft.mkdir(parents=True)
        (draft / "ids.npy").write_bytes(b"0")
        if when is not None:
            for path in (draft / "ids.npy", draft):
                os.utime(path, (when, when))
    prune(folder, max_bytes=2**30)
    assert [path.name for path in folder.iterdir()] == [".new"]


def test_a_new_layout_does_not_read_the_old_one(folder, notices, monkeypatch):
    maker = BatchBuilder()
    ask("a", maker, folder, notices)
    monkeypatch.setattr(cache_module, "FORMAT", cache_module.FORMAT + 1)
    assert not ask("a", maker, folder, notices).found


def test_the_entry_says_its_sizes(folder, notices):
    ask("a", BatchBuilder(), folder, notices)
    entry = entry_of(folder)
    sizes = json.loads((entry / "entry.json").read_text())["sizes"]
    assert sizes == {path.name: path.stat().st_size for path in entry.glob("*.npy")}
