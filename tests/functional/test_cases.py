"""Small texts as people have them: the shipped model finds the names that a reader would mark."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from functional.conftest import Onoma

CASES = Path(os.environ.get("ONOMA_CASES", Path(__file__).parents[3] / "shared" / "cases"))
EXPECTED = json.loads((CASES / "expected.json").read_text(encoding="utf-8")) if CASES.is_dir() else {}

pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason=f"no cases at {CASES}; ONOMA_CASES names another place")


@pytest.mark.parametrize("name", [name for name, case in EXPECTED.items() if case["do"] == "tag"])
def test_a_file_is_tagged_as_a_reader_would(onoma: Onoma, name: str) -> None:
    case = EXPECTED[name]
    ended = onoma("tag", CASES / "files" / name, "--to", "jsonl")
    documents = [json.loads(line) for line in ended.out.splitlines()]
    found = [[entity["text"], entity["label"]] for document in documents for entity in document["entities"]]
    assert ended.status == 0
    assert found == case["entities"]
    assert len(documents) == case.get("documents", len(documents))
