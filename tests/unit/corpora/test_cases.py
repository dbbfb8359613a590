"""Small files as people's tools export them: each is read as it was meant, or refused with a message that helps."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from onoma.corpora import ReadOptions, read
from onoma.errors import CorpusError

CASES = Path(os.environ.get("ONOMA_CASES", Path(__file__).parents[4] / "shared" / "cases"))

pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason=f"no cases at {CASES}; ONOMA_CASES names another place")


def _cases(what: str) -> Mapping[str, Mapping[str, object]]:
    expected = json.loads((CASES / "expected.json").read_text(encoding="utf-8")) if CASES.is_dir() else {}
    return {name: case for name, case in expected.items() if case["do"] == what}


def _options(case: Mapping[str, object]) -> ReadOptions:
    given = case.get("options")
    assert given is None or isinstance(given, list)
    return ReadOptions() if given is None else ReadOptions(**{given[0].strip("-").replace("-", "_"): given[1]})


@pytest.mark.parametrize("name", _cases("convert"))
def test_each_file_is_read_as_it_was_meant(name: str) -> None:
    case = _cases("convert")[name]
    reading = read(CASES / "files" / name, options=_options(case))
    if "refused" in case:
        with pytest.raises(CorpusError, match=r"the key 'ner' .* doccano"):
            list(reading)
        return
    documents = list(reading)
    found = [[entity.text, entity.label] for document in documents for entity in document.entities]
    assert found == case["entities"]
    assert len(documents) == case.get("documents", len(documents))
    if "says" in case:
        assert reading.report.adjusted or reading.report.unusable or reading.report.left_out


def test_tags_without_labels_ask_for_one() -> None:
    with pytest.raises(CorpusError, match="--default-label"):
        list(read(CASES / "files" / "01-bare-bio.tsv"))
