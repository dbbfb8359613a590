"""However a job is stopped, going on with it ends in the bytes of the job that nobody stopped."""

from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from onoma.bulk.journal import Journal
from onoma.errors import InputError, UnfinishedError
from onoma.io.lock import locked
from support.jobs import Killed, Watcher, left

TEXTS = ["Ada met Bob.", "", "nobody", "Eve", None, "in Lyon", "x" * 300, "Ada", "Zoe, Max", "end"]
SHARDS = 4
TARGETS = ["out.jsonl", "out.jsonl.gz", "out.jsonl.zst", "out.csv", "out.parquet", "parts/"]


@pytest.fixture
def rows(tmp_path: Path) -> str:
    lines = [json.dumps({"id": number, "text": text, "n": number}) for number, text in enumerate(TEXTS)]
    (tmp_path / "in.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return "in.jsonl"


@pytest.fixture(params=TARGETS)
def whole(request, tag, rows, tmp_path) -> tuple[str, dict[str, bytes]]:
    """An output and what a job leaves that nobody stops."""
    tag(rows, request.param)
    found = left(tmp_path)
    for path in tmp_path.iterdir():
        if path.name not in ("in.jsonl", "model"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return request.param, found


def test_a_job_leaves_its_output_its_dead_letters_and_nothing_else(whole):
    output, found = whole
    letters = f"{output.rstrip('/')}.dead.jsonl"
    outputs = [f"parts/part-0000{n}.jsonl" for n in range(SHARDS)] if output == "parts/" else [output]
    assert sorted(found) == sorted([letters, *outputs])
    (letter,) = [json.loads(line) for line in found[letters].splitlines()]
    assert (letter["file"], letter["row"]) == ("in.jsonl", 5)


def test_deaths_after_any_shard_change_no_byte(whole, tag, rows, tmp_path):
    output, expected = whole
    for _ in range(SHARDS):
        with pytest.raises(Killed):
            tag(rows, output, resume=True, observer=Watcher(die_after=1))
        assert not (tmp_path / output).exists()
    watcher = Watcher()
    tag(rows, output, resume=True, observer=watcher)
    assert (left(tmp_path), watcher.steps) == (expected, [])


def test_a_disk_that_is_full_at_any_moment_changes_no_byte(whole, tag, rows, tmp_path, monkeypatch):
    output, expected = whole
    honest = os.fsync
    messages: list[str] = []
    for working in range(100):
        left_to_do = iter(range(working))

        def full(handle, left_to_do=left_to_do):
            if next(left_to_do, None) is None:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            honest(handle)

        monkeypatch.setattr(os, "fsync", full)
        try:
            tag(rows, output, resume=True)
        except (OSError, UnfinishedError) as error:
            messages.append(str(error))
        if (tmp_path / output).exists() and left(tmp_path) == expected:
            break
    assert left(tmp_path) == expected
    assert len(messages) > 2
    assert all("No space left on device" in message for message in messages)
    assert any("2 of 4 shards (6 of 10 rows) are kept in" in message and "--resume" in message for message in messages)


def test_a_torn_journal_is_cut_to_its_last_whole_line(tag, rows, tmp_path):
    tag(rows, "whole.jsonl")
    with pytest.raises(Killed):
        tag(rows, "out.jsonl", observer=Watcher(die_after=2))
    journal = tmp_path / "out.jsonl.unfinished" / "journal.jsonl"
    kept = journal.read_bytes()
    last = kept.splitlines(keepends=True)[-1]
    shutil.copytree(journal.parent, tmp_path / "kept")
    for torn in range(1, len(last) + 1, 7):
        shutil.rmtree(journal.parent, ignore_errors=True)
        shutil.copytree(tmp_path / "kept", journal.parent)
        journal.write_bytes(kept[:-torn] + (b"\0\0" if torn % 2 else b""))
        watcher = Watcher()
        tag(rows, "out.jsonl", resume=True, observer=watcher)
        assert len(watcher.steps) == SHARDS - 1
        assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
        (tmp_path / "out.jsonl").unlink()


def test_a_damaged_shard_is_done_again(tag, rows, tmp_path):
    tag(rows, "whole.jsonl")
    with pytest.raises(Killed):
        tag(rows, "out.jsonl", observer=Watcher(die_after=2))
    (tmp_path / "out.jsonl.unfinished/parts/part-00001.jsonl").write_bytes(b"")
    (tmp_path / "out.jsonl.unfinished/parts/.part-00002.jsonl.1.draft").write_bytes(b"half")
    watcher = Watcher()
    tag(rows, "out.jsonl", resume=True, observer=watcher)
    assert "1 shards differ from the journal" in watcher.notices[0]
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


@pytest.mark.parametrize("output", ["out.jsonl", "parts/"])
def test_a_death_between_the_output_and_its_journal_entry_loses_nothing(tag, rows, tmp_path, monkeypatch, output):
    def die(_journal):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "finish", die)
        with pytest.raises(Killed):
            tag(rows, output)
    before = {name: content for name, content in left(tmp_path).items() if "unfinished" not in name}
    watcher = Watcher()
    assert tag(rows, output, resume=True, observer=watcher).tagged == len(TEXTS) - 1
    assert (left(tmp_path), watcher.steps) == (before, [])


CHANGES: dict[str, Any] = {
    "input": (lambda folder: (folder / "in.jsonl").write_text('{"text": "x"}\n'), {}, "input 1"),
    "model": (lambda folder: (folder / "model" / "onoma.json").write_text("{}"), {}, "model"),
    "column": (lambda folder: None, {"column": "n"}, "input 1"),
    "shard": (lambda folder: None, {"shard_rows": 2}, "shard rows: 3, now 2"),
    "setting": (lambda folder: None, {"settings": {"precision": "int8"}}, "precision: not set, now int8"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_another_job_is_refused_with_what_differs(tag, rows, tmp_path, name):
    change, more, said = CHANGES[name]
    with pytest.raises(Killed):
        tag(rows, "out.jsonl", observer=Watcher(die_after=1))
    change(tmp_path)
    with pytest.raises(InputError, match=said):
        tag(rows, "out.jsonl", resume=True, **more)


def test_an_output_is_not_replaced_unless_requested(tag, rows, tmp_path):
    (tmp_path / "out.jsonl").write_text("mine", encoding="utf-8")
    for resume in (False, True):
        with pytest.raises(InputError, match="exists already"):
            tag(rows, "out.jsonl", resume=resume)
    assert left(tmp_path) == {"out.jsonl": b"mine"}
    tag(rows, "out.jsonl", overwrite=True)
    assert len((tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()) == len(TEXTS) - 1


def test_a_folder_is_replaced_only_if_it_holds_parts_alone(tag, rows, tmp_path):
    tag(rows, "parts/")
    tag(rows, "parts/", overwrite=True, shard_rows=100)
    assert [path.name for path in (tmp_path / "parts").iterdir()] == ["part-00000.jsonl"]
    (tmp_path / "parts" / "thesis.tex").touch()
    with pytest.raises(InputError, match="files that are not parts"):
        tag(rows, "parts/", overwrite=True)


def test_an_unfinished_job_is_resumed_or_overwritten_as_requested(tag, rows, tmp_path):
    with pytest.raises(Killed):
        tag(rows, "out.jsonl", observer=Watcher(die_after=1))
    with pytest.raises(InputError, match=r"--resume.*--overwrite"):
        tag(rows, "out.jsonl")
    with pytest.raises(InputError, match="one of them"):
        tag(rows, "out.jsonl", resume=True, overwrite=True)
    watcher = Watcher()
    tag(rows, "out.jsonl", overwrite=True, observer=watcher)
    assert len(watcher.steps) == SHARDS


def test_two_jobs_do_not_write_to_one_output(tag, rows, tmp_path):
    with locked(tmp_path / "out.jsonl.unfinished" / "lock" / "onoma.lock"), pytest.raises(InputError, match="process"):
        tag(rows, "out.jsonl")


def test_resuming_nothing_begins_and_says_so(tag, rows):
    watcher = Watcher()
    tag(rows, "out.jsonl", resume=True, observer=watcher)
    assert "starts from the beginning" in watcher.notices[0]


def test_the_size_of_shards_does_not_change_what_a_table_holds(tag, tmp_path):
    pq.write_table(pa.table({"text": ["Ada", None, "Bob"] * 5}), tmp_path / "in.parquet", row_group_size=4)
    tables = []
    for rows in (1, 4, 7, 100):
        tag("in.parquet", f"{rows}.parquet", shard_rows=rows)
        tables.append(pq.read_table(tmp_path / f"{rows}.parquet"))
    assert all(table.equals(tables[0]) for table in tables)
    assert tables[0].num_rows == 10
