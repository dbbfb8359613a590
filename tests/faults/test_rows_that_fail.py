"""Whatever one row brings, it is that row's dead letter; commands that have none name file and line."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import onoma
from onoma.bulk.sources import Lines
from onoma.errors import CorpusError
from support.jobs import Silent

DIGITS = b'{"text": "Lyon", "n": ' + b"7" * 5_000 + b"}"
DEEP = b'{"text": "x", "m": ' + b"[" * 600 + b"NaN" + b"]" * 600 + b"}"
TOO_DEEP = b'{"text": "x", "m": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"


def records(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("row", [DIGITS, DEEP, TOO_DEEP], ids=["digits", "deep", "too deep"])
@pytest.mark.parametrize("output", ["out.jsonl", "out.csv", "out.parquet"])
def test_numbers_and_nesting_that_python_cannot_hold(tag, tmp_path, row, output):
    (tmp_path / "in.jsonl").write_bytes(b'{"text": "Lyon"}\n' + row + b'\n{"text": "Paris"}\n')
    report = tag("in.jsonl", output, load=Silent)
    assert (report.tagged, report.dead) == (2, 1)
    (letter,) = records(tmp_path / f"{output}.dead.jsonl")
    assert letter["row"] == 2


@pytest.mark.parametrize("row", [DIGITS, TOO_DEEP], ids=["digits", "too deep"])
def test_commands_without_dead_letters_name_the_line(tmp_path, row):
    path = tmp_path / "in.jsonl"
    path.write_bytes(b'{"text": "Lyon", "entities": [{"start": 0, "end": 4, "label": "LOC"}]}\n' + row + b"\n")
    with pytest.raises(CorpusError, match=r"in\.jsonl:2: "):
        onoma.convert(path, tmp_path / "out.jsonl")
    with pytest.raises(CorpusError, match=r"in\.jsonl:2: "):
        onoma.score(path, path)
    path.write_bytes(row + b"\n")
    with pytest.raises(CorpusError, match=r"in\.jsonl:1: "):
        onoma.convert(path, tmp_path / "out.jsonl")


class NoError(Exception):
    """What no reader expects."""


def test_an_error_that_nobody_expects_is_a_dead_letter(tag, tmp_path, monkeypatch):
    (tmp_path / "in.txt").write_text("Ada\nBob\n", encoding="utf-8")
    honest = Lines.row

    def row(source, item):
        if item.number == 2:
            raise NoError("what is this?")
        return honest(source, item)

    monkeypatch.setattr(Lines, "row", row)
    report = tag("in.txt", "out.jsonl", load=Silent, options=onoma.corpora.ReadOptions(text_unit="line"))
    assert (report.tagged, report.dead) == (1, 1)
    assert "NoError: what is this?" in str(records(tmp_path / "out.jsonl.dead.jsonl")[0]["reason"])


TIMES = {
    "day": (pa.date32(), 10_000_000, "29349-01-26"),
    "far": (pa.timestamp("us"), 10**18, "33658-09-27 01:46:40.000000"),
    "far zone": (pa.timestamp("ms", tz="Europe/Paris"), 10**15, "33658-09-27 01:46:40.000+00:00"),
    "nanoseconds": (pa.timestamp("ns"), 1_700_000_000_123_456_789, "2023-11-14 22:13:20.123456789"),
    "whole": (pa.timestamp("ns"), 1_700_000_000_000_000_000, "2023-11-14 22:13:20"),
    "zone": (pa.timestamp("ns", tz="Europe/Paris"), 1_700_000_000_000_000_001, "2023-11-14 23:13:20.000000001+01:00"),
    "clock": (pa.time64("ns"), 123_456_789, "00:00:00.123456789"),
    "duration": (pa.duration("ns"), 1_234_567_891, "0:00:01.234567891"),
}


@pytest.mark.parametrize("pandas", [True, False])
def test_times_that_python_cannot_hold_are_text(tag, tmp_path, monkeypatch, pandas):
    if not pandas:
        monkeypatch.setitem(sys.modules, "pandas", None)
    columns = {name: pa.array([value, None], kind) for name, (kind, value, _) in TIMES.items()}
    pq.write_table(pa.table({"text": ["Ada", "Bob"], "id": columns["nanoseconds"], **columns}), "in.parquet")
    assert tag("in.parquet", "out.jsonl", load=Silent).dead == 0
    first, second = records(tmp_path / "out.jsonl")
    assert {name: first[name] for name in TIMES} == {name: text for name, (_, _, text) in TIMES.items()}
    assert {name: second[name] for name in TIMES} == dict.fromkeys(TIMES)
    assert (first["id"], second["id"]) == ("2023-11-14 22:13:20.123456789", "")


@pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="names there are text")
@pytest.mark.parametrize("workers", [1, 2])
def test_a_file_whose_name_is_not_text(tag, tmp_path, workers):
    name = os.fsdecode(b"in.\xff.jsonl")
    (tmp_path / name).write_text('{"text": "Lyon"}\nbad\n', encoding="utf-8")
    tag(name, "out.jsonl", workers=workers)
    (letter,) = records(tmp_path / "out.jsonl.dead.jsonl")
    assert (letter["file"], letter["row"]) == (name, 2)


@pytest.mark.parametrize(
    ("id", "shown"),
    [
        (17.0, "17.0"),
        (True, "true"),
        ({"$oid": "5f"}, '{"$oid": "5f"}'),
        (["a", 1], '["a", 1]'),
        ("x", "x"),
        (7, "7"),
        (None, ""),
    ],
)
def test_an_id_of_any_kind_is_kept(tag, tmp_path, id, shown):
    (tmp_path / "in.jsonl").write_text(json.dumps({"id": id, "text": "Lyon"}), encoding="utf-8")
    tag("in.jsonl", "out.jsonl", load=Silent)
    onoma.convert("in.jsonl", "converted.jsonl")
    assert [records(tmp_path / name)[0]["id"] for name in ("out.jsonl", "converted.jsonl")] == [shown, shown]


def test_ids_of_a_column_of_numbers_with_gaps(tag, tmp_path):
    pq.write_table(pa.table({"text": ["a", "b", "c"], "id": [1.0, float("nan"), None]}), "in.parquet")
    tag("in.parquet", "out.jsonl", load=Silent)
    assert [record["id"] for record in records(tmp_path / "out.jsonl")] == ["1.0", "", ""]


def test_a_name_of_a_column_that_is_not_text_is_refused(tag, tmp_path):
    (tmp_path / "in.csv").write_bytes(b"text,Jos\xe9\nAda,1\n")
    with pytest.raises(CorpusError, match=r"the name of the column.*is not UTF-8"):
        tag("in.csv", "out.csv")
