"""Damaged files, and what a bulk job does with a file before anything is tagged."""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from onoma.bulk import DeadLetter, find_inputs
from onoma.bulk.identity import identify_input
from onoma.bulk.inputs import source_of

SPLICES = [b"\0", b"\xff\xfe", b'"', b"{", b"[" * 2_000, b"9" * 5_000, b"\r", b"\n", b",", b"\xed\xa0\x80", b"null"]

ROWS = [
    {"id": number, "text": f"Ada met Bob {number}, in Lyon", "n": [1, 2.5, None, {"a": "é"}]} for number in range(40)
]
JSON = "".join(json.dumps(row) + "\n" for row in ROWS).encode()
CSV = ("id,text,n\n" + "".join(f'{row["id"]},"{row["text"]}",x\n' for row in ROWS)).encode()


def _parquet() -> bytes:
    table = pa.table(
        {
            "text": [str(row["text"]) for row in ROWS],
            "id": pa.array(range(len(ROWS)), pa.timestamp("ns")),
            "tags": [["a", "b"]] * len(ROWS),
        }
    )
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, row_group_size=15)
    return bytes(sink.getvalue())


FILES: dict[str, Callable[[], bytes]] = {
    "in.jsonl": lambda: JSON,
    "in.csv": lambda: CSV,
    "in.parquet": _parquet,
    "in.txt": lambda: CSV,
    "in.jsonl.gz": lambda: gzip.compress(JSON),
    "in.csv.zst": lambda: zstandard.compress(CSV),
    "in.txt.gz": lambda: gzip.compress(CSV),
}


def damaged(content: bytes, chosen: random.Random) -> bytes:
    """A file after one to four accidents."""
    for _ in range(chosen.randint(1, 4)):
        place = chosen.randrange(len(content) + 1)
        end = min(len(content), place + chosen.choice([1, 8, 200]))
        before, hit, behind = content[:place], content[place:end], content[end:]
        middles = [hit + hit, b"", chosen.randbytes(len(hit)), chosen.choice(SPLICES) + hit]
        content = chosen.choice([before, *(before + middle + behind for middle in middles)])
    return content


def read_all(path: Path) -> Counter[str]:
    """What a job does with a file before anything is tagged, and with each of its rows."""
    (input,) = find_inputs([path]).inputs
    source = source_of(input)
    known = identify_input(source, stamp=input.stamp)
    found = Counter[str]()
    for number, item in enumerate(source.items(0), start=1):
        made = source.attempt(item, number=number, use=lambda row: row.document)
        found["dead" if isinstance(made, DeadLetter) else "blank" if made is None else "rows"] += 1
    assert found.total() == known.rows
    return found
