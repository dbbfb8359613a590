"""Files and models that change while a job runs, and files that are repaired between two runs of it."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from onoma.bulk.sources import WholeText
from onoma.errors import CorpusError, InputError, UnfinishedError
from support.capitals import make_tagger
from support.jobs import Killed, Watcher, left


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Four files with four rows each."""
    for name in "abcd":
        lines = (json.dumps({"text": f"Ada {name}{number}"}) for number in range(4))
        (tmp_path / f"in.{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [f"in.{name}.jsonl" for name in "abcd"]


@pytest.mark.parametrize("name", ["in.a.jsonl", "in.d.jsonl"])
@pytest.mark.parametrize("how", ["same size", "shorter", "gone"])
def test_a_file_that_changes_during_the_job_ends_it_before_there_is_an_output(tag, files, tmp_path, name, how):
    path = tmp_path / name
    kept = path.read_bytes()

    def change() -> None:
        if how == "gone":
            path.unlink()
        else:
            path.write_bytes(kept.replace(b"Ada", b"Bob") if how == "same size" else kept[:-20])

    with pytest.raises(UnfinishedError, match=r"has changed since the job began|No such file"):
        tag(files, "out.jsonl", observer=Watcher(then=change))
    assert not (tmp_path / "out.jsonl").exists()
    path.write_bytes(kept)
    tag(files, "out.jsonl", resume=True)
    texts = [json.loads(line)["text"] for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert texts == [f"Ada {name}{number}" for name in "abcd" for number in range(4)]


def test_a_file_that_grows_while_it_is_counted_is_told(tag, tmp_path, monkeypatch):
    (tmp_path / "in.txt").write_text("Ada", encoding="utf-8")

    def count(source):
        with source.path.open("a", encoding="utf-8") as file:
            file.write(" and Bob")
        return 1

    monkeypatch.setattr(WholeText, "count", count)
    with pytest.raises(InputError, match=r"in\.txt: has changed while it was read"):
        tag("in.txt", "out.jsonl")


@pytest.mark.parametrize("times", ["its own", "the old ones"])
def test_a_model_that_changes_before_a_process_loads_it_is_told(tag, files, tmp_path, times):
    path = tmp_path / "model" / "onoma.json"

    def load():
        before = path.stat()
        path.write_text("{2}", encoding="utf-8")
        if times == "the old ones":
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        return make_tagger()

    path.write_text("{1}", encoding="utf-8")
    with pytest.raises(InputError, match="the model has changed since the job began"):
        tag(files, "out.jsonl", load=load)
    assert [name for name in left(tmp_path) if name.startswith("out")] == []


def test_a_model_whose_files_were_touched_is_the_same(tag, files, tmp_path):
    path = tmp_path / "model" / "onoma.json"

    def load():
        path.touch()
        return make_tagger()

    path.write_text("{1}", encoding="utf-8")
    assert tag(files, "out.jsonl", load=load).tagged == 16


@pytest.mark.parametrize("rows", [4, 6])
def test_a_repaired_file_is_read_anew_if_none_of_its_rows_was_finished(tag, files, tmp_path, rows):
    with pytest.raises(Killed):
        tag(files, "out.jsonl", observer=Watcher(die_after=2))
    lines = (json.dumps({"text": f"Bob {number}"}) + "\n" for number in range(rows))
    (tmp_path / "in.c.jsonl").write_text("".join(lines), encoding="utf-8")
    watcher = Watcher()
    assert tag(files, "out.jsonl", resume=True, observer=watcher).tagged == 12 + rows
    assert watcher.notices == [
        "in.c.jsonl: changed since the job began; none of its rows was finished, so they are read again"
    ]
    tag(files, "whole.jsonl")
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


@pytest.mark.parametrize("name", ["in.a.jsonl", "in.b.jsonl"])
def test_a_file_with_finished_rows_may_not_be_another_one(tag, files, tmp_path, name):
    with pytest.raises(Killed):
        tag(files, "out.jsonl", observer=Watcher(die_after=2))
    (tmp_path / name).write_text('{"text": "Bob"}\n' * 4, encoding="utf-8")
    with pytest.raises(InputError, match="differs from this one"):
        tag(files, "out.jsonl", resume=True)


def test_a_compressed_text_is_read_through_before_the_work(tag, tmp_path):
    for number in range(9):
        (tmp_path / f"in.{number}.txt.gz").write_bytes(gzip.compress(b"Ada"))
    (tmp_path / "in.7.txt.gz").write_bytes(gzip.compress(b"Ada")[:-9])
    with pytest.raises(CorpusError, match="cut short"):
        tag("*.gz", "out.jsonl")
    assert left(tmp_path) == {}


def test_a_damaged_page_of_a_table_is_found_before_the_work(tag, tmp_path):
    path = tmp_path / "in.parquet"
    pq.write_table(pa.table({"text": [f"Ada {n}" for n in range(4000)]}), path, row_group_size=1000)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 200] = b"\xff" * 200
    path.write_bytes(bytes(content))
    with pytest.raises(CorpusError, match=r"in\.parquet: .*copy it again"):
        tag("in.parquet", "out.jsonl")
    assert left(tmp_path) == {}
