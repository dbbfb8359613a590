from pathlib import Path

import pytest

from onoma.io.suffixes import named_format, plain_name


@pytest.mark.parametrize(
    ("name", "plain", "format"),
    [
        ("a.b.JSONL", "a.b.JSONL", "jsonl"),
        ("a.csv.GZ", "a.csv", "csv"),
        ("a.txt.zst", "a.txt", "text"),
        ("a.gz.conll", "a.gz.conll", "conll"),
        ("a.gz", "a", None),
        (".gz", ".gz", None),
        ("a.docx", "a.docx", None),
    ],
)
def test_a_suffix_names_the_format(name, plain, format):
    assert (plain_name(Path(name)), named_format(Path(name))) == (Path(plain), format)
