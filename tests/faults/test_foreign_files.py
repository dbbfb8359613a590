"""What the job has not written, and nobody has allowed to be replaced, is still there afterwards."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import onoma
from onoma.bulk import delivery
from onoma.errors import InputError, UnfinishedError
from support.jobs import Killed, Watcher, left

TEXTS = ["Ada met Bob.", "nobody", "Eve", None, "in Lyon", "Ada", "Zoe, Max", "end"]


@pytest.fixture
def rows(tmp_path: Path) -> str:
    lines = [json.dumps({"id": number, "text": text}) for number, text in enumerate(TEXTS)]
    (tmp_path / "in.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return "in.jsonl"


def put_file(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("years of work", encoding="utf-8")


@pytest.mark.parametrize(
    ("output", "stranger"),
    [
        ("parts/", "parts/thesis.txt"),
        ("parts/", "parts/part-00000.jsonl"),
        ("parts/", "parts"),
        ("parts/", "parts.dead.jsonl"),
        ("out.jsonl", "out.jsonl"),
        ("out.jsonl", "out.jsonl.dead.jsonl"),
        ("out.jsonl", "out.jsonl/thesis.txt"),
    ],
)
def test_a_file_that_comes_during_the_job_is_kept_and_the_job_can_go_on_without_it(
    tag, rows, tmp_path, output, stranger
):
    path = tmp_path / stranger
    with pytest.raises(UnfinishedError, match=r"it did not exist when the job began.*--resume"):
        tag(rows, output, observer=Watcher(then=lambda: put_file(path)))
    with pytest.raises(
        (UnfinishedError, InputError), match=r"it did not exist when the job began|a file, now .* a folder"
    ):
        tag(rows, output, resume=True)
    assert path.read_text(encoding="utf-8") == "years of work"
    path.unlink()
    if path.parent != tmp_path:
        path.parent.rmdir()
    watcher = Watcher()
    assert tag(rows, output, resume=True, observer=watcher).tagged == len(TEXTS) - 1
    assert watcher.steps == []
    assert not (tmp_path / f"{output.rstrip('/')}.unfinished").exists()


def test_with_leave_to_overwrite_a_stranger_among_parts_is_kept_all_the_same(tag, rows, tmp_path):
    tag(rows, "parts/")
    stranger = tmp_path / "parts" / "thesis.txt"
    with pytest.raises(UnfinishedError, match="it did not exist when the job began"):
        tag(rows, "parts/", overwrite=True, observer=Watcher(then=lambda: put_file(stranger)))
    assert (tmp_path / "parts" / "part-00000.jsonl").exists()
    stranger.unlink()
    tag(rows, "parts/", resume=True, overwrite=False)
    assert not (tmp_path / "parts.unfinished").exists()


@pytest.mark.parametrize("output", ["out.jsonl", "parts/"])
def test_leave_to_overwrite_lasts_until_the_job_is_done(tag, rows, tmp_path, output):
    tag(rows, output, shard_rows=100)
    with pytest.raises(Killed):
        tag(rows, output, overwrite=True, observer=Watcher(die_after=1))
    assert tag(rows, output, resume=True).tagged == len(TEXTS) - 1
    assert len(left(tmp_path)) == (2 if output == "out.jsonl" else 4)


@pytest.mark.parametrize("output", ["out.jsonl", "parts/"])
def test_a_death_between_dead_letters_and_output_does_not_make_the_letters_foreign(
    tag, rows, tmp_path, monkeypatch, output
):
    def die(*_arguments, **_more):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(delivery, "_place_folder" if output == "parts/" else "_merge", die)
        with pytest.raises(Killed):
            tag(rows, output)
    letters = tmp_path / f"{output.rstrip('/')}.dead.jsonl"
    assert letters.exists()
    tag(rows, output, resume=True)
    assert len(letters.read_text(encoding="utf-8").splitlines()) == 1


def test_a_folder_with_the_name_of_a_job_is_not_cleared(tag, rows, tmp_path):
    put_file(tmp_path / "out.jsonl.unfinished" / "parts")
    with pytest.raises(InputError, match="of no job, such as parts"):
        tag(rows, "out.jsonl", overwrite=True)
    assert left(tmp_path) == {"out.jsonl.unfinished/parts": b"years of work"}


def test_a_folder_that_takes_the_name_of_a_file_does_not_become_the_output(tag, rows, tmp_path):
    with pytest.raises(Killed):
        tag(rows, "out", to="jsonl", observer=Watcher(die_after=1))
    (tmp_path / "out").mkdir()
    with pytest.raises(InputError, match="written as: jsonl, a file, now jsonl, a folder"):
        tag(rows, "out", to="jsonl", resume=True)


def test_drafts_of_a_worker_that_was_killed_do_not_come_into_the_output(tag, rows, tmp_path):
    draft = tmp_path / "parts.unfinished" / "parts" / ".part-00001.jsonl.0a0a0a0a.draft"
    tag(rows, "parts/", observer=Watcher(then=lambda: draft.write_bytes(b"half")))
    assert sorted(path.name for path in (tmp_path / "parts").iterdir()) == [f"part-0000{n}.jsonl" for n in range(3)]


@pytest.mark.parametrize("output", [".", "", "./", "..", "/"])
def test_an_output_without_a_name_is_refused(tag, rows, output):
    with pytest.raises(InputError, match=r"is not a name"):
        tag(rows, output)


def test_a_stream_without_a_name_is_refused(tag, rows):
    for output in ("", "."):
        with pytest.raises(InputError, match="is not a name"):
            onoma.tag_files(rows, output=output, to="html")


def test_a_mounted_folder_is_refused_before_the_work(tag, rows, tmp_path, monkeypatch):
    (tmp_path / "parts").mkdir()
    monkeypatch.setattr(os.path, "ismount", lambda path: Path(path).name == "parts")
    with pytest.raises(InputError, match="a file system is mounted there"):
        tag(rows, "parts/")


@pytest.mark.skipif(os.name == "nt", reason="needs links and pipes")
def test_a_link_to_a_folder_and_a_device_are_refused_before_the_work(tag, rows, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with pytest.raises(InputError, match="is a link"):
        tag(rows, "link/")
    os.mkfifo(tmp_path / "pipe.jsonl")
    with pytest.raises(InputError, match="is a device or a pipe"):
        tag(rows, "pipe.jsonl", overwrite=True)
    assert (tmp_path / "pipe.jsonl").is_fifo()
    (tmp_path / "dangling.jsonl").symlink_to("nowhere")
    with pytest.raises(InputError, match="exists already"):
        tag(rows, "dangling.jsonl")
