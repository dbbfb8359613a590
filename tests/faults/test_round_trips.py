"""Odd texts through every pair of formats: each comes out as it went in, whatever reads the files."""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path

import pytest

from support.jobs import Silent

TEXTS = 3_000

# Each format follows each one once.
WAY = ["jsonl", "csv", "parquet", "jsonl", "parquet", "csv", "jsonl", "jsonl", "csv", "csv", "parquet", "parquet"]
WAY = [*WAY, "jsonl.gz", "csv.zst", "jsonl.zst", "csv.gz", "jsonl"]

PIECES = [
    *["\r", "\n", "\r\n", "\t", "\v", "\f", "\0", "\x1b[31m", "\x1c", "\x85", "\u2028", "\u2029", "\ufeff", "\u200b"],
    *[
        '"',
        '""',
        "'",
        ",",
        ";",
        "|",
        "\\",
        "\\n",
        "\\u0041",
        "`",
        "$",
        "=1+1",
        "-",
        "#",
        "{",
        "}",
        "[",
        "]",
        "<b>",
        "&",
    ],
    *[" ", "  ", "\u00a0", "\u3000", "null", "NaN", "true", "1e400", "text", "id", "entities", "\ud7ff", "\ue000"],
    *[
        "é",
        "e\u0301",
        "ß",
        "İ",
        "ı",
        "東京",
        "🎻",
        "👩\u200d👩\u200d👧",
        "\U0010ffff",
        "\u202eabc\u202c",
        "שלום",
        "Ada",
        "x",
    ],
]


@pytest.fixture
def texts() -> list[str]:
    chosen = random.Random(1)
    odd = ["".join(chosen.choices(PIECES, k=chosen.randint(1, 9))) for _ in range(TEXTS - len(PIECES))]
    return [*PIECES, *odd]


def test_three_thousand_odd_texts_come_through_every_pair_of_formats(tag, texts, tmp_path):
    with (tmp_path / "0.jsonl").open("w", encoding="utf-8", newline="") as file:
        for number, text in enumerate(texts):
            file.write(json.dumps({"id": number, "text": text, text: text}) + "\n")
    source = "0.jsonl"
    for step, suffix in enumerate(WAY[1:], start=1):
        target = f"{step}.{suffix}"
        report = tag(source, target, load=Silent, shard_rows=700)
        assert (report.tagged, report.dead) == (TEXTS, 0), target
        source = target
    lines = Path(source).read_text(encoding="utf-8").split("\n")[:-1]
    assert [json.loads(line)["text"] for line in lines] == texts


def test_csv_is_read_by_other_readers_too(tag, tmp_path):
    import pyarrow.csv

    texts = ["Angela\rMerkel", "a\r", "\r", "b\r\nc", 'd"e', "f,g", "h"]
    lines = (json.dumps({"id": str(number), "text": text}) for number, text in enumerate(texts))
    (tmp_path / "in.jsonl").write_text("\n".join(lines), encoding="utf-8")
    tag("in.jsonl", "out.csv", load=Silent)
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        assert [row["text"] for row in csv.DictReader(file)] == texts
    table = pyarrow.csv.read_csv("out.csv", parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True))
    assert table["text"].to_pylist() == texts
