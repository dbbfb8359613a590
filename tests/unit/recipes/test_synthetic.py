"""The recipe that generates annotated English text."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from onoma.corpora import ReadOptions, read
from support.real import DATA, needs_data

RECIPE = Path(__file__).parents[3] / "recipes" / "en" / "synthetic.py"
ROOT = RECIPE.parents[2]


def make(path: Path, *, kind: str = "newswire", seed: int, data: Path | None = None) -> str:
    command = [sys.executable, str(RECIPE), kind, "--sentences", "300", "--seed", str(seed), "--output", str(path)]
    if data is not None:
        command += ["--data", str(data)]
    environment = {name: value for name, value in os.environ.items() if name != "ONOMA_DATA"}
    environment |= {"PYTHONPATH": str(ROOT / "src"), "PYTHONHASHSEED": str(seed)}
    subprocess.run(command, check=True, env=environment)
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module", params=["newswire", "messages"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("synthetic") / f"{request.param}.conll"
    make(path, kind=request.param, seed=3)
    return path


def test_the_seed_alone_decides(made: Path, tmp_path: Path) -> None:
    assert make(tmp_path / "again.conll", kind=made.stem, seed=3) == made.read_text(encoding="utf-8")
    assert make(tmp_path / "other.conll", kind=made.stem, seed=4) != made.read_text(encoding="utf-8")


def test_it_is_valid_bio_with_all_four_labels(made: Path) -> None:
    documents = list(read(made, options=ReadOptions(scheme="BIO", strict=True)))
    labels = Counter(entity.label for document in documents for entity in document.entities)
    assert set(labels) == {"PER", "LOC", "ORG", "MISC"}
    assert min(labels.values()) > 30
    assert sum(len(document.sentences or ()) for document in documents) >= 300


def test_no_slot_is_left_unfilled(made: Path) -> None:
    words = [line.split("\t")[0] for line in made.read_text(encoding="utf-8").splitlines() if line]
    assert not [word for word in words if set(word) & set("{}[]|") or not word.strip()]


@pytest.mark.slow
@needs_data
def test_corpora_add_names(made: Path, tmp_path: Path) -> None:
    assert make(tmp_path / "with.conll", kind=made.stem, seed=3, data=DATA) != made.read_text(encoding="utf-8")
