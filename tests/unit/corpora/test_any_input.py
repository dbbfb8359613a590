"""Whatever comes is read or refused with an error of ours, and whatever is written reads back."""

from __future__ import annotations

import contextlib
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onoma.corpora import FORMATS, ReadOptions, read, write
from onoma.errors import OnomaError
from onoma.text import Document

PIECES = st.sampled_from(
    [
        *[
            "\n",
            "\r\n",
            "\n\n",
            "\t",
            " ",
            "a",
            "O",
            "B-PER",
            "I-PER",
            "E-",
            "#",
            "# text = a",
            "# newdoc id = d",
            "-DOCSTART-",
        ],
        *[
            "1",
            "2-3",
            "3.1",
            "_",
            "SpaceAfter=No",
            "Entity=B-PER",
            '{"text": "a"}',
            "[",
            '"',
            "T1\tPER 0 1\ta",
            "\ufeff",
            "\0",
        ],
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 5) | st.floats() | st.sampled_from(["", "a", "B-PER", "ab cd"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["text", "entities", "label", "spans", "tokens", "tags", "words", "sentences", "meta", "data"]
            )
            | st.sampled_from(
                ["annotations", "result", "value", "start", "end", "labels", "id", "answer", "relations"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@pytest.mark.parametrize("format", list(FORMATS))
@settings(max_examples=120)
@given(content=st.lists(PIECES, max_size=12).map("".join).map(str.encode) | st.binary(max_size=20))
def test_any_bytes_are_read_or_refused(format: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.ann"
        path.write_bytes(content)
        path.with_suffix(".txt").write_bytes(content)
        with contextlib.suppress(OnomaError):
            list(read(path, format=format))


@settings(max_examples=300)
@given(st.lists(JSON, min_size=1, max_size=2))
def test_any_json_is_read_or_refused(records: list[object]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.jsonl"
        path.write_text("\n".join(map(json.dumps, records)))
        with contextlib.suppress(OnomaError):
            list(read(path))


@pytest.mark.parametrize("format", ["conll", "conllu", "germeval"])
@settings(max_examples=80)
@given(
    text=st.text(st.sampled_from("aB#-: \t\n\r\0\u2028\xa0|=_"), min_size=1, max_size=15),
    cuts=st.lists(
        st.tuples(st.integers(0, 14), st.integers(1, 6), st.sampled_from(["PER", "a b", "|", " ", "x\ty"])), max_size=4
    ),
)
def test_any_text_is_written_and_every_entity_is_held_or_counted(
    format: str, text: str, cuts: list[tuple[int, int, str]]
) -> None:
    document = Document(text, id="d")
    spans = [(start, min(start + length, len(text)), label) for start, length, label in cuts if start < len(text)]
    document = document.with_entities([document.entity(*span) for span in spans])
    with tempfile.TemporaryDirectory() as folder:
        written = write([document], Path(folder) / "a", format=format)
        dropped = sum(
            finding.count
            for reason, finding in written.lost.items()
            if reason
            in (
                "the entity covers no word",
                "the entity has no label",
                "the entity reaches across sentences",
                "the entity overlaps a longer one",
                "the entity is annotated twice",
            )
        )
        assert written.entities + dropped == len(document.entities)
        if text.strip() or format != "germeval":
            options = ReadOptions(strict=True, language_prefix="", skip_checks=True)
            back = list(read(Path(folder) / "a", format=format, options=options))
            assert sum(len(document.entities) for document in back) == written.entities


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.txt", "a.csv"])
@pytest.mark.parametrize(
    "content",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"text": "a", "label": [[0, ' + "9" * 5000 + ', "PER"]]}',
        'text,label\na,"' + "[" * 100_000 + '"\n',
        "text,label\na," + "9" * 5000 + "\n",
        'text,label\na,"[[0, ' + "9" * 5000 + ", 'PER']]\"\n",
    ],
)
def test_deep_values_and_long_numbers_are_read_or_refused(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    with contextlib.suppress(OnomaError):
        list(read(tmp_path / name))


@pytest.mark.parametrize("name", ["a.conllu", "a.ann", "a.txt", "a.tsv", "a.conll"])
def test_long_numbers_in_columns_are_read_or_refused(tmp_path: Path, name: str) -> None:
    number = "9" * 5000
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / name).write_text(f"{number}-{number}\t{number}\n{number}\t{number}\nT1\tPER {number} {number}\ta\n")
    with contextlib.suppress(OnomaError):
        list(read(tmp_path / name))
    rows = (
        f"{number}\ta\tO\n{number}\tb\tB-PER\n",
        f"{number}-{number}\ta" + "\t_" * 8 + "\n",
        f"1\ta\t{number}\n2\tb\t0\n",
    )
    for content in rows:
        (tmp_path / name).write_text(content)
        for options in (ReadOptions(), ReadOptions(tag_names=("O", "B-PER"))):
            with contextlib.suppress(OnomaError):
                list(read(tmp_path / name, options=options))
