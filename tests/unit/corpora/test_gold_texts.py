"""The gold of tests/data/raw_text and tests/data/messages is sound, and their READMEs count it right."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from onoma.corpora import read

DATA = Path(__file__).parents[2] / "data"
FILES = sorted([*DATA.glob("raw_text/*.jsonl"), *DATA.glob("messages/*.jsonl")])
LABELS = ("PER", "LOC", "ORG", "MISC")


def test_every_kind_of_text_has_a_dev_and_a_test_part() -> None:
    kinds = [path.name.split(".")[0] for path in FILES]
    assert Counter(kinds) == {"lists": 2, "mail": 2, "messages": 2, "tables": 2}


def test_no_text_is_there_twice() -> None:
    documents = [document for path in FILES for document in read(path)]
    assert len({document.id for document in documents}) == len(documents)
    assert len({document.text for document in documents}) == len(documents)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_names_begin_and_end_with_a_character_and_do_not_overlap(path: Path) -> None:
    for document in read(path):
        for entity in document.entities:
            assert entity.text == entity.text.strip()
            assert entity.label in LABELS
        for one, other in pairwise(document.entities):
            assert one.end <= other.start


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_readme_has_the_counts(path: Path) -> None:
    documents = list(read(path))
    counts = Counter(entity.label for document in documents for entity in document.entities)
    numbers = " | ".join(str(number) for number in (len(documents), *(counts[label] for label in LABELS)))
    assert f"| `{path.name}` | {numbers} |" in path.with_name("README.md").read_text(encoding="utf-8")
