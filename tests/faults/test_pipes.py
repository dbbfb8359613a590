"""What can be read only once is opened once: no row is lost, none waits for the next, and nothing waits for ever."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Semaphore, Thread

import pytest

import onoma
from onoma.api.live_stream import tag_stream
from onoma.errors import CorpusError, InputError
from onoma.io import once
from support.capitals import make_tagger
from support.environment import environment

LINES = [f"Line {number} Angela Merkel" for number in range(300)]
CONTENTS = {
    "lines": ("\n".join(LINES) + "\n").encode(),
    "jsonl": "".join(json.dumps({"id": n, "text": line}) + "\n" for n, line in enumerate(LINES)).encode(),
    "csv": ("id,text\n" + "".join(f"{n},{line}\n" for n, line in enumerate(LINES))).encode(),
}

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs pipes with names")


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


def write(pipe: Path, content: bytes) -> Thread:
    """Somebody who writes to a pipe, and dies of nothing if nobody reads on."""

    def work() -> None:
        try:
            with pipe.open("wb") as file:
                file.write(content)
        except BrokenPipeError:
            pass

    thread = Thread(target=work, daemon=True)
    thread.start()
    return thread


def texts(path: Path) -> list[str]:
    return [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("name", CONTENTS)
def test_every_row_of_a_pipe_is_tagged(pipe, tmp_path, name):
    thread = write(pipe, CONTENTS[name])
    options = onoma.corpora.ReadOptions(text_unit="line" if name == "lines" else "file")
    report = onoma.tag_files(pipe, output=tmp_path / "out.jsonl", options=options, threads=1)
    thread.join()
    assert (report.tagged, texts(tmp_path / "out.jsonl")) == (len(LINES), LINES)


def test_a_pipe_as_one_text(pipe, tmp_path):
    thread = write(pipe, CONTENTS["lines"])
    onoma.tag_files([pipe], output=tmp_path / "out.jsonl", threads=1)
    thread.join()
    assert texts(tmp_path / "out.jsonl") == [CONTENTS["lines"].decode()]


@pytest.mark.parametrize(
    ("content", "more", "said"),
    [
        (b"Ada\tB-PER\nmet\tO\n", {}, "conll needs a file"),
        (b"PAR1", {"format": "parquet"}, "parquet needs a file"),
        (CONTENTS["jsonl"], {"workers": 2}, "can be read more than once"),
        (CONTENTS["jsonl"], {"resume": True}, "can be read more than once"),
        (CONTENTS["jsonl"], {"to": "parquet"}, "can be read more than once"),
    ],
)
def test_what_would_have_to_be_read_twice_is_refused(pipe, tmp_path, content, more, said):
    write(pipe, content)
    with pytest.raises(InputError, match=said):
        onoma.tag_files(pipe, output=tmp_path / "out.jsonl", **more)
    assert not (tmp_path / "out.jsonl").exists()


USES: dict[str, Callable[[Path], object]] = {
    "convert": lambda pipe: onoma.convert(pipe, pipe.with_name("out.jsonl")),
    "check": onoma.check,
    "evaluate": lambda pipe: onoma.evaluate("en", pipe),
    "score": lambda pipe: onoma.score(pipe, pipe),
}


@pytest.mark.parametrize("use", USES)
def test_other_commands_refuse_a_pipe_at_once(pipe, use):
    with pytest.raises(CorpusError, match=r"can be read only once.*save it as a file"):
        USES[use](pipe)


def test_a_pipe_without_a_writer_is_told(pipe, tmp_path, monkeypatch):
    monkeypatch.setattr(once, "_SECONDS_FOR_A_WRITER", 0.0)
    with pytest.raises(CorpusError, match="a pipe that nothing writes to"):
        onoma.tag_files(pipe, output=tmp_path / "out.jsonl")


def test_a_document_is_given_back_before_the_next_one_comes():
    given: list[str] = []

    def slow() -> Iterator[onoma.Document]:
        for number in range(5):
            assert number == 0 or answered.acquire(timeout=60), "the one before was not given back"
            yield onoma.Document(f"Ada {number}")

    answered = Semaphore(0)
    for document in tag_stream(make_tagger(), slow()):
        given.append(document.text)
        answered.release()
    assert given == [f"Ada {number}" for number in range(5)]


def test_an_error_of_a_slow_stream_comes_behind_what_was_read():
    def failing() -> Iterator[onoma.Document]:
        yield onoma.Document("Ada")
        raise InputError("no more")

    stream = tag_stream(make_tagger(), failing())
    assert next(stream).text == "Ada"
    with pytest.raises(InputError, match="no more"):
        next(stream)


def run(*arguments: str | Path, shell: str = "", **more: object) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "onoma", *map(str, arguments)]
    if shell:
        command = ["sh", "-c", f'exec "$@" {shell}', "sh", *command]
    return subprocess.run(command, capture_output=True, check=False, env=environment(), **more)  # type: ignore[call-overload,no-any-return]


def test_files_and_standard_input_are_both_read(tmp_path):
    (tmp_path / "a.txt").write_text("Ada\nBob\n", encoding="utf-8")
    done = run("tag", "--lines", "a.txt", "-", "-o", "out.jsonl", cwd=tmp_path, input=CONTENTS["lines"])
    assert done.returncode == 0, done.stderr
    assert texts(tmp_path / "out.jsonl") == ["Ada", "Bob", *LINES]


def test_standard_input_has_columns_where_they_are_asked_for(tmp_path):
    done = run("tag", "--column", "text", "--to", "jsonl", input=CONTENTS["csv"])
    assert [json.loads(line)["text"] for line in done.stdout.splitlines()] == LINES


def test_lines_are_shown_as_they_come():
    command = [sys.executable, "-m", "onoma", "tag", "--lines"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment()) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(3):
            process.stdin.write(b"Angela Merkel\n")
            process.stdin.flush()
            assert process.stdout.readline() == b"[Angela Merkel PER]\n"
        process.stdin.close()
    assert process.returncode == 0


def test_standard_input_that_is_closed_is_told():
    done = run("tag", shell="<&-")
    assert (done.returncode, done.stderr) == (2, b"onoma: standard input is closed; name a file, or give a text\n")


@pytest.mark.parametrize("rows", [1, 20_000])
def test_a_reader_of_the_output_that_goes_away_is_no_error(rows):
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "onoma", "tag", "--lines"]
    content = b"Ada\n" * rows
    done = subprocess.run(
        command, input=content, stdout=writing, stderr=subprocess.PIPE, check=False, env=environment()
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")
