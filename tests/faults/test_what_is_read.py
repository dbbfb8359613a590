"""Which files of a folder are read: none is left out in silence, and none that the job itself writes."""

from __future__ import annotations

import json
import time
import tracemalloc
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

import onoma
from onoma.bulk import find_inputs
from onoma.errors import CorpusError, InputError
from onoma.io.compression import reading
from support.jobs import Killed, Watcher


def write(folder: Path, **contents: str) -> None:
    for name, content in contents.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def ids(path: Path) -> list[str]:
    return [json.loads(line)["id"] for line in path.read_text(encoding="utf-8").splitlines()]


def test_an_annotation_below_a_folder_hides_no_other_file(tag, tmp_path):
    row = '{"id": "a", "text": "Ada"}\n'
    write(tmp_path / "in", a_jsonl=row, c_csv="id,text\nc,Ada\n", b_txt="Lyon", old__x_txt="Lyon", old__x_ann="T1\n")
    watcher = Watcher()
    tag("in", "out.jsonl", observer=watcher)
    assert (ids(tmp_path / "out.jsonl"), watcher.notices) == (["a", "b", "c", "old/x"], [])


def test_an_annotation_without_a_text_is_named(tag, tmp_path):
    write(tmp_path / "in", b_txt="Lyon", x_ann="T1\n")
    watcher = Watcher()
    tag("in", "out.jsonl", observer=watcher)
    assert watcher.notices == ["skipped 1 file of other kinds: in/x.ann"]


def test_a_stream_has_the_same_ids_as_a_job(tag, tmp_path):
    write(tmp_path / "in", b_txt="Lyon", old__x_txt="Lyon")
    tag("in", "out.jsonl")
    onoma.tag_files("in", output="out.json", threads=1)
    assert [record["id"] for record in json.loads(Path("out.json").read_text("utf-8"))] == ids(tmp_path / "out.jsonl")


def test_a_stream_goes_on_after_files_without_text_and_names_them(tag, tmp_path):
    write(tmp_path / "in", a_txt="Lyon", b_txt="", d_txt="Paris")
    (tmp_path / "in" / "c.txt").write_bytes(b"\xff\xfe\xfa")
    watcher = Watcher()
    report = onoma.tag_files("in", output="out.json", threads=1, observer=watcher)
    assert ([record["id"] for record in json.loads(Path("out.json").read_text("utf-8"))], report.dead) == (
        ["a", "d"],
        2,
    )
    assert watcher.notices == [
        "in/b.txt:1: the file has no text; not tagged",
        "in/c.txt:1: byte 0xff at 1 is not UTF-8; name the encoding of the file (--encoding utf-16); not tagged",
    ]


def test_a_stream_goes_on_after_a_broken_line_and_names_it(tag, tmp_path):
    write(tmp_path, in_jsonl='{"text": "Lyon"}\n{"text": "broken\n{"none": 1}\n{"tokens": ["In", "Paris"]}\n')
    watcher = Watcher()
    report = onoma.tag_files("in.jsonl", output="out.json", threads=1, observer=watcher)
    assert [record["text"] for record in json.loads(Path("out.json").read_text("utf-8"))] == ["Lyon", "In Paris"]
    assert report.dead == 2
    assert [notice.partition(":")[2].partition(":")[0] for notice in watcher.notices] == ["2", "3"]


def test_files_that_a_folder_of_annotations_leaves_out_are_counted(tmp_path):
    write(tmp_path / "in", a_jsonl='{"text": "Ada"}', c_csv="text\nAda", x_txt="Lyon", x_ann="T1\tLOC 0 4\tLyon\n")
    reading = onoma.corpora.read(tmp_path / "in")
    assert len(list(reading)) == 1
    assert [note for note in reading.notices() if "2, first at" in note and "a.jsonl" in note]


@pytest.mark.parametrize("output", ["in/tagged.jsonl", "in/tagged/"])
def test_what_a_job_writes_into_the_folder_that_it_reads_is_not_read(tag, tmp_path, output):
    write(tmp_path / "in", a_jsonl='{"text": "Ada"}\nbad\n' * 4)
    with pytest.raises(Killed):
        tag("in", output, observer=Watcher(die_after=1), to="jsonl")
    assert tag("in", output, resume=True, to="jsonl").tagged == 4
    watcher = Watcher()
    assert tag("in", output, overwrite=True, to="jsonl", observer=watcher).tagged == 4
    (notice,) = watcher.notices
    assert "of the output itself: in/tagged" in notice
    assert tag("in/*.jsonl", output, overwrite=True, to="jsonl").tagged == 4


def test_an_output_in_a_folder_of_annotations_does_not_change_the_folder(tag, tmp_path):
    write(tmp_path / "in", a_txt="Ada", a_ann="T1\tPER 0 3\tAda\n", b_txt="Bob", c_txt="Eve")
    with pytest.raises(Killed):
        tag("in", "in/out.jsonl", format="brat", shard_rows=2, observer=Watcher(die_after=1))
    assert tag("in", "in/out.jsonl", format="brat", shard_rows=2, resume=True).tagged == 3


@pytest.mark.parametrize("named", ["a.jsonl", "tagged/part-00000.jsonl", "tagged"])
def test_an_input_that_is_the_output_is_refused(tag, tmp_path, named):
    write(tmp_path, a_jsonl='{"text": "Ada"}\n')
    write(tmp_path / "tagged", **{"part-00000_jsonl": '{"text": "Ada"}\n'})
    with pytest.raises(InputError, match="is an input and the output"):
        tag(named, "a.jsonl" if named == "a.jsonl" else "tagged/", overwrite=True)


def test_a_frame_that_unpacks_to_ten_thousand_times_its_size_is_read_piece_by_piece(tmp_path):
    path, row = tmp_path / "in.jsonl.zst", b'{"text":"Lyon"}\n'
    packed = zstandard.ZstdCompressor().compress(row * 2_000_000)
    assert len(packed) < 10_000
    path.write_bytes(packed)
    tracemalloc.start()
    started, lines = time.process_time(), 0
    with reading(path) as file:
        while block := file.read(1 << 20):
            lines += block.count(b"\n")
    seconds, (_, peak) = time.process_time() - started, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (lines, peak < 1 << 27, seconds < 5) == (2_000_000, True, True)


def test_a_frame_that_looks_back_too_far_is_told(tmp_path):
    path = tmp_path / "in.txt.zst"
    parameters = zstandard.ZstdCompressionParameters.from_level(3, window_log=29, enable_ldm=True)
    with path.open("wb") as file, zstandard.ZstdCompressor(compression_params=parameters).stream_writer(file) as packed:
        packed.write(b"Ada")
    with pytest.raises(CorpusError, match=r"in\.txt\.zst: needs more than 128 MiB"):
        find_and_count(path)


def test_a_carriage_return_in_a_first_line_is_part_of_a_text(tag, tmp_path):
    write(tmp_path, in_txt="id,text\rAda,\n")
    assert tag("in.txt", "out.jsonl").tagged == 1


def test_a_table_whose_columns_have_no_names_in_utf8_is_damaged(tag, tmp_path):
    path = tmp_path / "in.parquet"
    pq.write_table(pa.table({"text": ["Ada"], "note": ["x"]}), path, store_schema=False)
    path.write_bytes(path.read_bytes().replace(b"note", b"no\xff\xff"))
    with pytest.raises(CorpusError, match="not a complete Parquet file"):
        tag("in.parquet", "out.jsonl")


def find_and_count(path: Path) -> int:
    from onoma.bulk.inputs import source_of

    return source_of(find_inputs([path]).inputs[0]).count()
