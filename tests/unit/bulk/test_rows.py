"""What files hold, row by row: what is tagged, what travels along, and why a row could not be tagged."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import re
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onoma.bulk import find_inputs
from onoma.bulk.inputs import source_of
from onoma.bulk.reader import RowReader
from onoma.bulk.rows import DeadLetter
from onoma.corpora import ReadOptions
from onoma.errors import CorpusError, InputError, OnomaError
from support.capitals import PIECES, Capitals, make_tagger

LINES = ReadOptions(text_unit="line")


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def spans(entities: list[dict[str, Any]]) -> list[str]:
    return [entity["text"] for entity in entities]


BAD_LINES = {
    "no json": (b"{not json", "not JSON"),
    "cut short": (b'{"text": "Ad', "not JSON"),
    "null": (b'{"text": null}', "'text' is null"),
    "number": (b'{"text": 3.5}', "'text' is a number"),
    "truth": (b'{"text": true}', "'text' is a number or a truth value"),
    "list": (b'{"text": ["Ada"]}', "'text' is a list"),
    "no text": (b'{"body": "Ada"}', "has no 'text'; its keys are body"),
    "no record": (b"17", "expected an object"),
    "latin-1": (b'{"text": "Jos\xe9"}', r"byte 0xe9 at 14 is not UTF-8; .* \(--encoding latin1\)"),
    "half a pair": (rb'{"text": "\ud83d"}', "half of a surrogate pair"),
    "binary": (b'{"text": "\0"}', "NUL"),
    "deep": (b"[" * 100_000, "nested|no JSON"),
}


@pytest.mark.parametrize("name", BAD_LINES)
def test_a_line_that_cannot_be_tagged_is_put_aside_and_the_rest_is_tagged(tag, tmp_path, name):
    line, said = BAD_LINES[name]
    (tmp_path / "in.jsonl").write_bytes(b'{"text": "Ada"}\n\n' + line + b'\n{"text": "Bob"}')
    report = tag("in.jsonl", "out.jsonl", shard_rows=2)
    assert (report.tagged, report.dead, report.dead_letters) == (2, 1, Path("out.jsonl.dead.jsonl"))
    (letter,) = records(tmp_path / "out.jsonl.dead.jsonl")
    assert letter.keys() == {"file", "row", "reason", "what"}
    assert (letter["file"], letter["row"]) == ("in.jsonl", 3)
    assert re.search(said, str(letter["reason"]))
    assert [record["text"] for record in records(tmp_path / "out.jsonl")] == ["Ada", "Bob"]


class Allergic(Capitals):
    """Cannot bear a Z."""

    def _scores(self, ids, mask):
        if (ids == PIECES.index("Z")).any():
            raise RuntimeError("no such id")
        return super()._scores(ids, mask)


def test_a_row_at_which_the_model_fails_is_put_aside_and_its_neighbours_are_tagged(tag, tmp_path):
    lines = [json.dumps({"text": text}) for text in ("Ada", "Zoe", "Bob", "Eve", "Max")]
    (tmp_path / "in.jsonl").write_text("\n".join(lines), encoding="utf-8")
    for output in ("out.jsonl", "out.parquet"):
        assert tag("in.jsonl", output, load=lambda: make_tagger(backend=Allergic())).tagged == 4
        (letter,) = records(tmp_path / f"{output}.dead.jsonl")
        assert (letter["row"], letter["what"]) == (2, "Zoe")
        assert "RuntimeError: no such id" in letter["reason"]
    texts = [record["text"] for record in records(tmp_path / "out.jsonl")]
    assert texts == ["Ada", "Bob", "Eve", "Max"]


def test_json_lines_keep_their_fields_and_lose_their_old_entities(tag, tmp_path):
    record = {"n": 1, "entities": ["old"], "id": 7, "body": "in Lyon", "text": "Bob", "more": {"a": [None, "é"]}}
    (tmp_path / "in.jsonl").write_text(json.dumps(record), encoding="utf-8")
    tag("in.jsonl", "out.jsonl", column="body")
    (found,) = records(tmp_path / "out.jsonl")
    assert list(found) == ["id", "body", "entities", "n", "text", "more"]
    assert (found["id"], found["text"], found["more"]) == ("7", "Bob", record["more"])
    assert [(entity["start"], entity["text"]) for entity in found["entities"]] == [(3, "Lyon")]


def test_json_lines_of_annotation_tools_keep_their_words(tag, tmp_path):
    layouts = [
        {"tokens": ["Ada/Bob", "met"], "ner_tags": ["O", "O"]},
        {"text": "Ada/Bob met", "words": [[0, 7], [8, 11]]},
        {"tokenized_text": ["Ada/Bob", "met"], "ner": [[0, 0, "X"]]},
        {"data": {"text": "Ada/Bob met"}, "annotations": []},
        ["Ada/Bob met", {"entities": [[0, 1, "X"]]}],
    ]
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, layouts)), encoding="utf-8")
    (tmp_path / "in.json").write_text(json.dumps(layouts), encoding="utf-8")
    for source in ("in.jsonl", "in.json"):
        tag(source, f"{source}.out.jsonl")
        found = records(tmp_path / f"{source}.out.jsonl")
        assert [record["text"] for record in found] == ["Ada/Bob met"] * 5
        assert [spans(record["entities"]) for record in found] == [["Ada/Bob"]] * 3 + [["Ada", "Bob"]] * 2


def test_a_list_of_records_keeps_their_fields(tag, tmp_path):
    (tmp_path / "in.json").write_text('[{"text": "Ada", "n": 1},\n null, {"body": "Bob"}, {"text": "Max", "n": 2}]')
    report = tag("in.json", "out.jsonl", shard_rows=2)
    assert (report.tagged, report.dead) == (2, 1)
    assert [(each["text"], each["n"]) for each in records(tmp_path / "out.jsonl")] == [("Ada", 1), ("Max", 2)]
    (letter,) = records(tmp_path / "out.jsonl.dead.jsonl")
    assert (letter["row"], letter["reason"]) == (
        3,
        "the record has no 'text'; its keys are body; rename the one of its text to 'text'",
    )
    assert tag("in.json", "bodies.jsonl", column="body").tagged == 1
    assert [each["body"] for each in records(tmp_path / "bodies.jsonl")] == ["Bob"]


def test_csv_keeps_its_cells(tag, tmp_path):
    text = 'id,text,note\r\n1,"Ada, ""Bob""\r\nhere","é"\r\n\r\n2,Max\r\n3,Eve,\r\n'
    (tmp_path / "in.csv").write_bytes(b"\xef\xbb\xbf" + text.encode() + b"4,Jos\xe9,x\r\n")
    report = tag("in.csv", "out.csv", shard_rows=2)
    assert (report.tagged, report.dead) == (2, 2)
    header, first = (tmp_path / "out.csv").read_bytes().decode().split("\n", 1)
    assert header == "id,text,note,entities"
    assert first.startswith('1,"Ada, ""Bob""\r\nhere",é,"[{""start"": 0')
    assert [letter["row"] for letter in records(tmp_path / "out.csv.dead.jsonl")] == [3, 5]
    tag("out.csv", "again.jsonl")
    assert [record["id"] for record in records(tmp_path / "again.jsonl")] == ["1", "3"]


def test_the_line_that_tells_excel_the_separator_is_not_the_header(tag, tmp_path):
    (tmp_path / "in.csv").write_bytes(b"\xef\xbb\xbfsep=;\r\nid;text\r\n1;Ada, Bob\r\n")
    assert tag("in.csv", "out.jsonl").tagged == 1
    (found,) = records(tmp_path / "out.jsonl")
    assert (found["id"], found["text"]) == ("1", "Ada, Bob")


@pytest.fixture
def typed(tmp_path: Path) -> pa.Table:
    table = pa.table(
        {
            "text": pa.array(["Ada", None, "in Lyon"], pa.large_string()),
            "when": pa.array([1, None, 2], pa.timestamp("ns", tz="Europe/Paris")),
            "price": pa.array([Decimal("1.50"), None, Decimal("2.00")], pa.decimal128(5, 2)),
            "tags": pa.array([["a"], [], None], pa.list_(pa.string())),
            "kind": pa.array(["a", "b", "a"]).dictionary_encode(),
            "raw": pa.array([b"\xff", b"", None]),
            "ratio": pa.array([float("nan"), 1.0, 2.0]),
        }
    )
    pq.write_table(table, tmp_path / "in.parquet")
    return table


def test_parquet_keeps_its_columns_and_their_types(tag, tmp_path, typed):
    tag("in.parquet", "out.parquet", shard_rows=2)
    out = pq.read_table(tmp_path / "out.parquet")
    assert out.schema.names == [*typed.schema.names, "entities"]
    assert [spans(entities) for entities in out["entities"].to_pylist()] == [["Ada"], ["Lyon"]]
    kept = out.select(typed.schema.names)
    assert kept.schema.equals(typed.schema)
    assert kept.drop_columns(["ratio"]).equals(typed.take([0, 2]).drop_columns(["ratio"]).unify_dictionaries())
    kind = out.schema.field("entities").type.value_type
    assert [field.name for field in kind] == ["start", "end", "label", "score", "text"]


def test_parquet_becomes_plain_values_elsewhere(tag, tmp_path, typed):
    pq.write_table(typed.drop_columns(["when"]).append_column("day", pa.array([dt.date(2020, 1, 2)] * 3)), "p.parquet")
    tag("p.parquet", "out.jsonl")
    first = records(tmp_path / "out.jsonl")[0]
    assert (first["price"], first["tags"], first["day"], first["ratio"]) == ("1.50", ["a"], "2020-01-02", None)
    tag("p.parquet", "out.csv")
    assert '"[""a""]"' in (tmp_path / "out.csv").read_text(encoding="utf-8")


def test_large_cells_are_written_before_they_fill_the_memory(tag, tmp_path):
    table = pa.table({"text": ["Ada"] * 8, "page": [b"x" * 3_000_000] * 8})
    pq.write_table(table, tmp_path / "in.parquet")
    tag("in.parquet", "out/", shard_rows=8)
    with pq.ParquetFile(tmp_path / "out" / "part-00000.parquet") as file:
        assert [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)] == [3, 3, 2]


def test_bytes_that_are_not_utf8_in_a_text_column_are_a_dead_letter(tag, tmp_path):
    bad = pa.StringArray.from_buffers(2, pa.py_buffer(b"\0\0\0\0\3\0\0\0\7\0\0\0"), pa.py_buffer(b"AdaJos\xe9"))
    pq.write_table(pa.table({"text": bad}), tmp_path / "in.parquet")
    assert (tag("in.parquet", "out.parquet").tagged, len(records(tmp_path / "out.parquet.dead.jsonl"))) == (1, 1)


def test_a_line_of_ten_megabytes_is_tagged(tag, tmp_path):
    text = "ab, " * 2_500_000 + "Ada"
    (tmp_path / "in.jsonl").write_text(json.dumps({"text": text}), encoding="utf-8")
    source = source_of(find_inputs([tmp_path / "in.jsonl"]).inputs[0])
    (item,) = source.items(0)
    row = source.row(item)
    assert row is not None
    assert row.document.text == text


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_compressed_files_are_read_and_written(tag, tmp_path, suffix):
    plain = "".join(json.dumps({"text": f"Ada {n}"}) + "\n" for n in range(7)).encode()
    pack = gzip.compress if suffix == ".gz" else zstandard.ZstdCompressor().compress
    (tmp_path / "in.jsonl").write_bytes(plain)
    (tmp_path / f"in.jsonl{suffix}").write_bytes(pack(plain[:60]) + pack(plain[60:]))
    tag("in.jsonl", "plain.jsonl")
    tag(f"in.jsonl{suffix}", f"out.jsonl{suffix}")
    tag(f"out.jsonl{suffix}", "unpacked.jsonl")
    assert (tmp_path / "unpacked.jsonl").read_bytes() == (tmp_path / "plain.jsonl").read_bytes()


def _gzipped(content: bytes) -> bytes:
    return gzip.compress(content * 100)


def _parquet(path: Path, **columns: object) -> bytes:
    pq.write_table(pa.table(columns), path)
    return path.read_bytes()


BAD_FILES = {
    "cut.parquet": (lambda p: _parquet(p, text=["Ada"] * 100)[:-20], "not a complete Parquet"),
    "empty.parquet": (lambda p: b"", "not a complete Parquet"),
    "column.parquet": (lambda p: _parquet(p, body=["Ada"], n=[1]), "no column 'text'; the columns are body, n"),
    "number.parquet": (lambda p: _parquet(p, text=[1], note=["a"]), "has int64.*with text: note"),
    "column.csv": (lambda p: b"body,n\nAda,1\n", "no column 'text'; the columns are body, n"),
    "empty.csv": (lambda p: b"", "names the columns"),
    "twice.csv": (lambda p: b"text,text\nAda,Bob\n", "two columns have the same name"),
    "latin.csv": (lambda p: b"text,gr\xf6\xdfe\nAda,1\n", "is not UTF-8; name its encoding"),
    "quote.csv": (lambda p: b'text\nAda\n"Bob\nEve\n', r"quote\.csv:4: is not CSV.*quote is not closed"),
    "cut.jsonl.gz": (lambda p: _gzipped(b'{"text": "Ada"}\n')[:-9], "cut short"),
    "none.jsonl.gz": (lambda p: b'{"text": "Ada"}\n', "damaged"),
    "cut.jsonl.zst": (lambda p: zstandard.compress(b'{"text": "Ada"}\n')[:-4], "cut short"),
    "none.jsonl.zst": (lambda p: b'{"text": "Ada"}\n', "damaged"),
    "in.conll.gz": (lambda p: _gzipped(b"Ada\tO\n"), "decompress it first"),
    "broken.conll": (lambda p: b"Ada\tB-PER\nmet\n", "broken.conll:2"),
    "folder.txt/.keep": (lambda p: b"", "no file to tag$"),
    "logs/a.log": (lambda p: b"Ada", r"no file to tag; skipped 1 file of other kinds: .*a\.log; name files"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_cannot_be_used_is_refused_before_anything_is_written(tag, tmp_path, name):
    make, said = BAD_FILES[name]
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(make(path))
    with pytest.raises(OnomaError, match=said):
        tag(name.split("/", maxsplit=1)[0], "out.jsonl")
    assert sorted(left.name for left in tmp_path.iterdir()) == sorted([name.split("/", maxsplit=1)[0], "model"])


def test_tables_with_other_columns_are_not_mixed(tag, tmp_path):
    (tmp_path / "a.csv").write_text("text,n\nAda,1\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("text,m\nAda,1\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"b\.csv.*text, m.*text, n"):
        tag(["a.csv", "b.csv"], "out.csv")


def test_tables_without_rows_become_tables_without_rows(tag, tmp_path):
    pq.write_table(pa.table({"text": pa.array([], pa.string()), "n": pa.array([], pa.int8())}), "in.parquet")
    (tmp_path / "in.csv").write_text("text,n\n", encoding="utf-8")
    (tmp_path / "in.jsonl").touch()
    tag("in.parquet", "out.parquet")
    assert pq.read_table("out.parquet").schema.names == ["text", "n", "entities"]
    tag("in.csv", "out.csv")
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == "text,n,entities\n"
    tag("in.jsonl", "out.jsonl")
    assert (tmp_path / "out.jsonl").read_bytes() == b""


def test_tables_are_named_on_which_lines_has_no_effect(tmp_path):
    for name, text in (("a.csv", "text\nAda\n"), ("b.jsonl", '{"text": "Ada"}\n'), ("c.txt", "Ada\n")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert find_inputs([tmp_path]).notices() == []
    (notice,) = find_inputs([tmp_path], options=ReadOptions(text_unit="line")).notices()
    assert notice.startswith("--lines has no effect")
    assert notice.endswith(f"{tmp_path / 'a.csv'}, {tmp_path / 'b.jsonl'}")


def test_folders_and_patterns_are_read_in_an_order_that_does_not_change(tmp_path):
    for name in ("b/2.txt", "b/1.jsonl", "a.csv", "c.png", ".hidden.txt", "b/.git/x.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("text\nAda\n", encoding="utf-8")
    found = find_inputs([tmp_path])
    assert [(input.path.name, input.kind) for input in found.inputs] == [
        ("a.csv", "csv"),
        ("1.jsonl", "jsonl"),
        ("2.txt", "text"),
    ]
    assert [path.name for path in found.skipped] == ["c.png"]
    (tmp_path / "gone.txt").symlink_to("missing.txt")
    found = find_inputs([tmp_path])
    assert len(found.inputs) == 3
    assert any("skipped 1 link to a missing file" in notice for notice in found.notices())
    (tmp_path / "gone.txt").unlink()
    assert [input.path.name for input in find_inputs([tmp_path / "**" / "*.txt"]).inputs][-1] == "2.txt"
    with pytest.raises(InputError, match="no file matches"):
        find_inputs([tmp_path / "*.parquet"])
    with pytest.raises(InputError, match=r"\*\*\.txt: .*slashes"):
        find_inputs([tmp_path / "**.txt"])
    with pytest.raises(CorpusError, match="No such file"):
        find_inputs([tmp_path / "none.txt"])


def test_files_of_text_are_documents_and_a_bad_one_stops_no_other(tag, tmp_path):
    contents = {"a.txt": b"Ada\r\nmet", "b.txt": b"Jos\xe9", "c.txt": b"", "d.txt": b" \n", "e.txt": b"Eve"}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    report = tag("*.txt", "out.jsonl")
    assert (report.tagged, report.dead) == (2, 3)
    assert [(record["id"], record["text"]) for record in records(tmp_path / "out.jsonl")] == [
        ("a", "Ada\r\nmet"),
        ("e", "Eve"),
    ]
    assert [letter["file"] for letter in records(tmp_path / "out.jsonl.dead.jsonl")] == ["b.txt", "c.txt", "d.txt"]


def test_an_annotated_corpus_is_read_without_its_entities(tag, tmp_path):
    (tmp_path / "in.conll").write_text("ada\tB-PER\nmet\tO\n\nBob\tO\n", encoding="utf-8")
    tag("in.conll", "out.jsonl")
    assert [(r["text"], len(r["entities"])) for r in records(tmp_path / "out.jsonl")] == [("ada met", 0), ("Bob", 1)]


@given(cuts=st.lists(st.integers(0, 21), max_size=6), shuffled=st.randoms(use_true_random=False))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_stretch_of_any_files_is_the_same_rows_however_it_is_reached(tmp_path, cuts, shuffled):
    (tmp_path / "a.txt").write_text("Ada\n\nBob\nEve\n", encoding="utf-8")
    (tmp_path / "b.jsonl").write_text('{"text": "x"}\nbad\n{"text": "y"}', encoding="utf-8")
    pq.write_table(pa.table({"text": list("abcdefgh")}), tmp_path / "c.parquet", row_group_size=3)
    (tmp_path / "d.csv").write_text("text\np\nq\nr\n", encoding="utf-8")
    (tmp_path / "e.jsonl").touch()
    inputs = find_inputs([tmp_path], options=LINES).inputs
    counts = [source_of(input).count() for input in inputs]
    stamps = [input.stamp for input in inputs]
    total = sum(counts)

    def rows(reader: RowReader, start: int, stop: int) -> list[str]:
        found = reader.rows(start, stop, carry=lambda row: row)
        return [row.reason if isinstance(row, DeadLetter) else row.document.text for row in found]

    whole = rows(RowReader(inputs, counts, stamps=stamps), 0, total)
    bounds = sorted({0, total, *(cut for cut in cuts if cut < total)})
    stretches = list(pairwise(bounds))
    order = list(range(len(stretches)))
    shuffled.shuffle(order)
    reader = RowReader(inputs, counts, stamps=stamps)
    parts = {number: rows(reader, *stretches[number]) for number in order}
    assert [row for number in range(len(stretches)) for row in parts[number]] == whole
    assert len(whole) == total - 1


def test_lines_are_named_by_their_numbers(tag, tmp_path):
    (tmp_path / "in.txt").write_bytes(b"Ada\r\n\nBob\nEve")
    tag("in.txt", "out.jsonl", options=LINES, shard_rows=2)
    found = records(tmp_path / "out.jsonl")
    assert [(record["id"], record["text"]) for record in found] == [("1", "Ada"), ("3", "Bob"), ("4", "Eve")]
