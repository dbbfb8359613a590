"""Files in, files out, as a user does it: many workers, deaths, a cluster, and what goes wrong."""

from __future__ import annotations

import csv
import json
import multiprocessing
import os
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import onoma as package
from onoma.bulk import BulkObserver, Progress
from onoma.errors import InputError, UnfinishedError
from support.environment import environment

TEXTS = ["angela merkel visited lyon", "the lyon", None, "merkel and angela", "in lyon", 3, "to the", "lyon"] * 3
DEAD = 6

needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed; pip install 'onoma[ray]'")


@pytest.fixture
def rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "in.jsonl"
    lines = [json.dumps({"text": text, "n": number}) for number, text in enumerate(TEXTS)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return Path("in.jsonl")


@pytest.fixture
def whole(onoma, model, rows) -> bytes:
    """The output that nobody disturbs."""
    assert onoma("tag", "-m", model, rows, "-o", "whole.jsonl", "--shard-rows", "2").status == 3
    return Path("whole.jsonl").read_bytes()


def test_rows_that_cannot_be_tagged_are_put_aside_and_the_status_says_so(onoma, model, rows):
    outcome = onoma("tag", "-m", model, rows, "-o", "out.jsonl")
    assert outcome.status == 3
    assert f"not tagged: {DEAD} rows, in out.jsonl.dead.jsonl, each with the reason" in outcome.err
    assert outcome.out == ""
    letters = [json.loads(line) for line in Path("out.jsonl.dead.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(letter["file"], letter["row"]) for letter in letters[:2]] == [("in.jsonl", 3), ("in.jsonl", 6)]
    first = json.loads(Path("out.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert [entity["text"] for entity in first["entities"]] == ["angela merkel", "lyon"]
    assert first["n"] == 0


def test_the_same_through_every_format_and_a_folder_of_parts(onoma, model, rows):
    def entities(path):
        return [[entity["text"] for entity in row] for row in path]

    onoma("tag", "-m", model, rows, "-o", "out.parquet")
    table = pq.read_table("out.parquet").to_pylist()
    onoma("tag", "-m", model, "out.parquet", "-o", "out.csv")
    with Path("out.csv").open(encoding="utf-8", newline="") as file:
        cells = list(csv.DictReader(file))
    outcome = onoma("tag", "-m", model, "out.csv", "-o", "parts/", "--shard-rows", "7")
    assert outcome.status == 0
    parts = sorted(Path("parts").iterdir())
    assert [part.name for part in parts] == ["part-00000.csv", "part-00001.csv", "part-00002.csv"]
    assert sum(len(part.read_text(encoding="utf-8").splitlines()) - 1 for part in parts) == len(TEXTS) - DEAD
    assert entities(row["entities"] for row in table) == entities(json.loads(row["entities"]) for row in cells)
    assert cells[0]["meta"] == '{"n": 0}'
    assert onoma("tag", "-m", model, "parts", "-o", "again/", "--to", "jsonl").status == 0


def test_a_table_without_an_output_is_streamed(onoma, model, rows):
    Path("in.csv").write_text("body,n\nin lyon,1\nbroken\n", encoding="utf-8")
    outcome = onoma("tag", "-m", model, "in.csv", "--column", "body")
    assert (outcome.status, outcome.out) == (3, "in [lyon LOC]\n")
    assert "in.csv:2: has 1 cells; expected 2" in outcome.err


def test_a_table_with_tabs_stays_one(onoma, model, rows):
    cells = [("id", "text", "note"), ("1", "angela merkel visited lyon", 'a "b"'), ("2", "to the", "c, d")]
    Path("in.tsv").write_text("".join("\t".join(row) + "\n" for row in cells), encoding="utf-8")
    assert onoma("tag", "-m", model, "in.tsv", "-o", "out.tsv").status == 0
    with Path("out.tsv").open(encoding="utf-8", newline="") as file:
        records = list(csv.DictReader(file, delimiter="\t"))
    assert [(record["id"], record["text"], record["note"]) for record in records] == cells[1:]
    found = [[entity.text for entity in document.entities] for document in package.read("out.tsv")]
    assert found == [["angela merkel", "lyon"], []]

    assert onoma("tag", "-m", model, "in.tsv", "-o", "words.tsv", "--to", "conll").status == 0
    assert Path("words.tsv").read_text(encoding="utf-8").startswith("-DOCSTART-\t1\tO\n\nangela\tB-")
    assert onoma("tag", "-m", model, rows, "-o", "rows.tsv").status == 3
    assert "lyon\tB-" in Path("rows.tsv").read_text(encoding="utf-8")


def test_files_of_one_name_have_their_paths_as_ids(onoma, model, rows):
    for folder in ("old", "new"):
        Path(folder).mkdir()
        Path(folder, "a.txt").write_text("in lyon", encoding="utf-8")
    Path("b.txt").write_text("in lyon", encoding="utf-8")
    outcome = onoma("tag", "-m", model, "old/a.txt", "new/a.txt", "b.txt", "--to", "jsonl")
    assert [json.loads(line)["id"] for line in outcome.out.splitlines()] == ["old/a", "new/a", "b"]


def test_several_texts_are_tagged(onoma, model, rows):
    outcome = onoma("tag", "-m", model, "--text", "in lyon", "--text", "to the", "--to", "jsonl")
    assert [json.loads(line)["text"] for line in outcome.out.splitlines()] == ["in lyon", "to the"]


def test_two_workers_write_what_one_writes(onoma, model, rows, whole):
    outcome = onoma("tag", "-m", model, rows, "-o", "out.jsonl", "--shard-rows", "2", "--workers", "2")
    assert outcome.status == 3
    assert Path("out.jsonl").read_bytes() == whole


class Killer(BulkObserver):
    """Kills a worker after each of the first shards."""

    def __init__(self, kills: int) -> None:
        self.left = kills
        self.notices: list[str] = []

    def notice(self, text: str) -> None:
        self.notices.append(text)

    def progressed(self, progress: Progress) -> None:
        if self.left:
            self.left -= 1
            victim = multiprocessing.active_children()[0]
            assert victim.pid is not None
            os.kill(victim.pid, signal.SIGKILL)
            victim.join()


def test_a_worker_that_dies_is_told_and_its_shard_done_again(model, rows, whole):
    killer = Killer(2)
    package.tag_files(rows, model=model, output="out.jsonl", shard_rows=2, workers=2, observer=killer)
    assert Path("out.jsonl").read_bytes() == whole
    assert killer.notices
    assert all("a worker died (signal 9, probably for lack of memory)" in notice for notice in killer.notices)


def test_a_shard_that_kills_every_worker_ends_the_job(model, rows, monkeypatch):
    # A worker whose memory is too small dies before it can say a word, each time.
    monkeypatch.setattr("onoma.bulk.local._work", os.abort)
    with pytest.raises(UnfinishedError, match=r"died 3 times.*--resume"):
        package.tag_files(rows, model=model, output="out.jsonl", workers=2)


PROGRAM = """
import sys
import onoma
from onoma.bulk import BulkObserver

class Telling(BulkObserver):
    def progressed(self, progress):
        print(progress.rows, flush=True)

if __name__ == "__main__":
    onoma.tag_files("in.jsonl", model=sys.argv[1], output="out.jsonl", shard_rows=2, workers=int(sys.argv[2]),
                    resume=True, observer=Telling())
"""


def _start(model: Path, *, workers: int) -> subprocess.Popen[str]:
    Path("program.py").write_text(PROGRAM, encoding="utf-8")
    command = [sys.executable, "program.py", str(model), str(workers)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(), start_new_session=True
    )


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="sends signals")
@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_job_resumes_to_the_same_bytes(model, whole, workers):
    for shards in (1, 3):
        with _start(model, workers=workers) as process:
            assert process.stdout is not None
            for _ in range(shards):
                assert process.stdout.readline()
            process.kill()
    assert not Path("out.jsonl").exists()
    with _start(model, workers=workers) as process:
        said, errors = process.communicate()
    assert (process.returncode, errors) == (0, "")
    assert len(said.splitlines()) <= len(TEXTS) // 2 - 4
    assert Path("out.jsonl").read_bytes() == whole
    assert not list(Path().glob("*.unfinished"))


@pytest.mark.skipif(os.name == "nt", reason="sends signals")
@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupt_ends_a_job_cleanly(onoma, model, rows, whole, monkeypatch, workers):
    from onoma.cli.bulk_progress import BulkProgress

    def interrupt(_observer, progress):
        os.kill(os.getpid(), signal.SIGINT)

    arguments = ("tag", "-m", model, rows, "-o", "out.jsonl", "--shard-rows", "2", "--workers", str(workers))
    with monkeypatch.context() as patch:
        patch.setattr(BulkProgress, "progressed", interrupt)
        outcome = onoma(*arguments)
    assert (outcome.status, "--resume continues" in outcome.err) == (130, True)
    assert "Traceback" not in outcome.err
    assert not multiprocessing.active_children()
    outcome = onoma(*arguments, "--resume")
    assert (outcome.status, "resumed: 2 of 24 rows were finished before" in outcome.err) == (3, True)
    assert Path("out.jsonl").read_bytes() == whole


@pytest.mark.skipif(os.name == "nt", reason="sends signals")
def test_an_interrupted_stream_does_not_offer_to_resume(onoma, model, rows, monkeypatch):
    from onoma.tagger import Tagger

    def interrupt(_tagger, documents):
        os.kill(os.getpid(), signal.SIGINT)
        return iter(documents)

    monkeypatch.setattr(Tagger, "tag_many", interrupt)
    Path("in.txt").write_text("in lyon", encoding="utf-8")
    outcome = onoma("tag", "-m", model, "in.txt", "-o", "out.html")
    assert (outcome.status, outcome.err) == (130, "note: interrupted\n")
    assert not Path("out.html").exists()


@needs_ray
@pytest.mark.slow
def test_a_cluster_writes_what_one_process_writes(model, rows, whole):
    command = [sys.executable, "-m", "onoma", "tag", "-m", str(model), str(rows), "-o", "out.jsonl"]
    more = ["--shard-rows", "2", "--engine", "ray", "--workers", "2"]
    done = subprocess.run([*command, *more], capture_output=True, text=True, check=False, env=environment())
    assert done.returncode == 3, done.stderr
    assert Path("out.jsonl").read_bytes() == whole


def test_without_ray_the_error_names_the_extra(onoma, model, rows, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    outcome = onoma("tag", "-m", model, rows, "-o", "out.jsonl", "--engine", "ray")
    assert outcome.status == 2
    assert "pip install 'onoma[ray]'" in outcome.err
    assert not list(Path().glob("out.*"))


@pytest.mark.parametrize(("module", "name"), [("pyarrow.parquet", "out.parquet"), ("zstandard", "out.jsonl.zst")])
def test_without_their_packages_formats_name_the_extra(onoma, model, rows, monkeypatch, module, name):
    monkeypatch.setitem(sys.modules, module, None)
    outcome = onoma("tag", "-m", model, rows, "-o", name)
    assert (outcome.status, "pip install 'onoma[bulk]'" in outcome.err) == (2, True)


WRONG = {
    "resume without files": (("--text", "x", "--resume"), "need files as input"),
    "workers to the terminal": (("in.jsonl", "--workers", "2"), "need files as input"),
    "no such engine": (("in.jsonl", "-o", "out.jsonl", "--engine", "spark"), "choose one of local, ray"),
    "no such column": (("in.csv", "-o", "out.csv", "--column", "x"), "no column 'x'; the columns are text, n"),
    "text where entities go": (("named.csv", "-o", "out.csv", "--column", "entities"), "rename the column"),
    "text where the id goes": (("named.csv", "-o", "out.jsonl", "--column", "id"), "rename the column"),
    "text where the other fields go": (("in.jsonl", "-o", "out.csv", "--column", "meta"), "rename the column"),
    "text where the id of a table goes": (("in.jsonl", "-o", "out.parquet", "--column", "id"), "rename the column"),
    "a column of text": (("in.txt", "-o", "out.jsonl", "--column", "x"), "no columns"),
    "a model that is none": (("in.jsonl", "-o", "out.jsonl", "--model", "nowhere"), "folder does not exist"),
    "no such folder": (("in.jsonl", "-o", "none/out.jsonl"), "folder does not exist"),
    "lines of an argument": (("--text", "x", "--lines"), "leave them out"),
    "a column of an argument": (("--text", "x", "--column", "body"), "leave them out"),
    "parquet of a stream": (("--text", "x", "-o", "out.parquet"), "parquet needs files as input"),
    "a table to the terminal": (("in.jsonl", "--to", "csv"), "an --output to write to"),
    "a table in UTF-16": (("utf16.csv", "-o", "out.csv"), "--encoding utf-16"),
    "a compressed page": (("in.jsonl", "--to", "html", "-o", "out.html.gz"), "compression needs files"),
    "a folder of a stream": (("in.jsonl", "--to", "html", "-o", "pages/"), "name a file"),
    "a compression that is only read": (("in.jsonl", "-o", "out.jsonl.xz"), r"choose .gz or .zst"),
    "the same of a job": (("in.jsonl", "--to", "jsonl", "-o", "out.xz"), r"choose .gz or .zst"),
    "a spreadsheet": (("in.jsonl", "-o", "out.xlsx"), r"no .xlsx files are written; name a .csv file"),
    "a spreadsheet of a stream": (("--text", "x", "-o", "out.xlsx"), r"no .xlsx files are written; name a .csv file"),
    "no file": (("none-*.jsonl", "-o", "out.jsonl"), "no file matches"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_done_is_said_in_one_line_and_leaves_nothing(onoma, model, rows, name):
    arguments, said = WRONG[name]
    Path("in.csv").write_text("text,n\nin lyon,1\n", encoding="utf-8")
    Path("named.csv").write_text("id,entities\nin lyon,in siena\n", encoding="utf-8")
    Path("in.txt").write_text("in lyon", encoding="utf-8")
    Path("utf16.csv").write_text("text,n\nin lyon,1\n", encoding="utf-16")
    before = sorted(Path().iterdir())
    outcome = onoma("tag", *(() if "--model" in arguments else ("-m", model)), *arguments)
    assert outcome.status == 2
    assert said in outcome.err
    assert "Traceback" not in outcome.err
    assert sorted(Path().iterdir()) == before


UNUSABLE: dict[str, tuple[dict[str, Any], str]] = {
    "workers": ({"workers": 0}, "workers 0"),
    "shard_rows": ({"shard_rows": -1}, "shard_rows -1"),
    "engine": ({"engine": "spark"}, "choose one of local, ray"),
    "threads": ({"threads": -1}, "threads -1"),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_arguments_of_a_program_are_checked_as_those_of_a_command(model, rows, name):
    arguments, said = UNUSABLE[name]
    with pytest.raises(InputError, match=said):
        package.tag_files(rows, model=model, output="out.jsonl", **arguments)
    assert not list(Path().glob("out.*"))
