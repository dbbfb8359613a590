"""Offsets without quoted texts that fit words only if they are counted in another way are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from onoma.corpora import ReadOptions, read
from onoma.errors import CorpusError

TEXTS = {
    "Grüße: Ada Lovelace met Charles Babbage in London.": ["Ada Lovelace", "Charles Babbage", "London"],
    "Später schrieb Mary Somerville aus Turin.": ["Mary Somerville", "Turin"],
}
WAYS = {
    "counted from 1": (1, 1),
    "included the last character": (0, -1),
    "counted from 1 and included the last character": (1, 0),
}


def write(path: Path, bounds: dict[str, list[tuple[int, int]]]) -> Path:
    records = ({"text": text, "entities": [[*each, "NAME"] for each in spans]} for text, spans in bounds.items())
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    return path


def bounds_of(*, start_shift: int = 0, end_shift: int = 0, bytes: bool = False) -> dict[str, list[tuple[int, int]]]:
    found: dict[str, list[tuple[int, int]]] = {}
    for text, names in TEXTS.items():
        starts = [len(text[: text.index(name)].encode()) if bytes else text.index(name) for name in names]
        found[text] = [
            (start + start_shift, start + len(name) + end_shift) for start, name in zip(starts, names, strict=True)
        ]
    return found


@pytest.mark.parametrize("way", WAYS)
def test_shifted_offsets(tmp_path: Path, way: str) -> None:
    start_shift, end_shift = WAYS[way]
    path = write(tmp_path / "a.jsonl", bounds_of(start_shift=start_shift, end_shift=end_shift))
    with pytest.raises(CorpusError, match=rf"5 of 5 entities begin or end inside a word.*as if their offsets {way};"):
        list(read(path))
    assert len(list(read(path, options=ReadOptions(skip_checks=True)))) == 2


def test_offsets_in_bytes(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="as if their offsets counted bytes; correct them, or accept"):
        list(read(write(tmp_path / "a.jsonl", bounds_of(bytes=True))))


def test_right_offsets_and_those_of_parts_of_words_are_accepted(tmp_path: Path) -> None:
    assert sum(len(each.entities) for each in read(write(tmp_path / "a.jsonl", bounds_of()))) == 5
    parts = {text: [(start, start + 2) for start, _ in spans] for text, spans in bounds_of().items()}
    assert sum(len(each.entities) for each in read(write(tmp_path / "b.jsonl", parts))) == 5


def test_a_byte_order_mark_that_offsets_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("\ufeffAda left.\r\nBo came.", encoding="utf-8", newline="")
    for spans, count in (("T1\tPER 0 3\tAda\n", 1), ("T1\tPER 0 3\tAda\nT2\tPER 10 12\tBo\n", 2)):
        (tmp_path / "a.ann").write_text(spans, encoding="utf-8")
        corpus = read(tmp_path / "a.txt", format="brat")
        (document,) = corpus
        assert [entity.text for entity in document.entities] == ["Ada", "Bo"][:count]
        assert any("after the byte order mark; read so" in notice for notice in corpus.notices())
