"""A journal that is no journal, or has a line that means nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from onoma.errors import InputError
from support.jobs import Killed, Watcher

ROWS = 12


@pytest.fixture
def journal(tag, tmp_path: Path) -> Path:
    """The journal of a job of four shards, two of which are finished."""
    lines = (json.dumps({"text": f"Ada {number}"}) for number in range(ROWS))
    (tmp_path / "in.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    tag("in.jsonl", "whole.jsonl")
    with pytest.raises(Killed):
        tag("in.jsonl", "out.jsonl", observer=Watcher(die_after=2))
    return tmp_path / "out.jsonl.unfinished" / "journal.jsonl"


SHARD = {"shard": 1, "tagged": 3, "dead": 0, "words": 3, "entities": 3, "digests": ["", ""]}
BAD_LINES = {
    "a list": b"[]",
    "not JSON": b"{",
    "not UTF-8": b'"\xff"',
    "deep": b"[" * 100_000,
    "many digits": b"1" * 5_000,
    "another record": b'{"shards": 3}',
    "a text for a number": json.dumps({**SHARD, "tagged": "3"}).encode(),
    "one digest": json.dumps({**SHARD, "digests": [""]}).encode(),
    "digests that are none": json.dumps({**SHARD, "digests": 7}).encode(),
    "a shard that is none": json.dumps({**SHARD, "shard": 400}).encode(),
    "a negative shard": json.dumps({**SHARD, "shard": -1}).encode(),
    "NUL": b"\0" * 80,
}


@pytest.mark.parametrize("name", BAD_LINES)
def test_a_line_that_means_nothing_costs_the_shards_behind_it_and_no_more(tag, journal, tmp_path, name):
    lines = journal.read_bytes().split(b"\n")
    lines[1] = BAD_LINES[name]
    journal.write_bytes(b"\n".join(lines))
    watcher = Watcher()
    assert tag("in.jsonl", "out.jsonl", resume=True, observer=watcher).tagged == ROWS
    assert len(watcher.steps) in (3, 4)
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


@pytest.mark.parametrize("name", [*BAD_LINES, "nothing", "another version"])
def test_a_first_line_that_means_nothing_is_told(tag, journal, name):
    lines = journal.read_bytes().split(b"\n")
    if name == "another version":
        lines[0] = json.dumps({**json.loads(lines[0]), "format": 1}).encode()
    else:
        lines[0] = BAD_LINES.get(name, b"")
    journal.write_bytes(b"" if name == "nothing" else b"\n".join(lines))
    with pytest.raises(InputError, match=r"journal\.jsonl: is not the journal of a job.*--overwrite"):
        tag("in.jsonl", "out.jsonl", resume=True)
    assert tag("in.jsonl", "out.jsonl", overwrite=True).tagged == ROWS
