"""Numbers as tags get their names from what lies beside the file, or from an option, or are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from onoma.corpora import ReadOptions, read
from onoma.errors import CorpusError

RECORD = {"tokens": ["Ada", "Byron", "left"], "ner_tags": [1, 2, 0]}
NAMES = ["O", "B-PER", "I-PER"]


def entities_of(path: Path, **options: object) -> list[tuple[str, str]]:
    reading = read(path, options=ReadOptions(**options))  # type: ignore[arg-type]
    return [(entity.text, entity.label) for document in reading for entity in document.entities]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "en" / "train.jsonl"
    path.parent.mkdir()
    path.write_text(json.dumps(RECORD) + "\n")
    return path


def feature(names: list[str]) -> dict[str, object]:
    return {"feature": {"names": names, "_type": "ClassLabel"}, "_type": "Sequence"}


def card(*configurations: tuple[str, str, list[str]]) -> str:
    """The head of a dataset card as the Hub writes it, one list item for each configuration."""
    lines = ["---", "license: mit", "dataset_info:"]
    for name, key, names in configurations:
        labels = [f"          '{number}': {label}" for number, label in enumerate(names)]
        lines += [f"- config_name: {name}", "  features:", "  - name: id", "    dtype: string", f"  - name: {key}"]
        lines += ["    sequence:", "      class_label:", "        names:", *labels, "  splits:", "  - name: train"]
    return "\n".join([*lines, "---", "", "# A data set", "- name: ner_tags", "  names: [A, B]"])


ONE = card(("default", "ner_tags", NAMES))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("dataset_info.json", json.dumps({"features": {"pos_tags": feature(["X"]), "ner_tags": feature(NAMES)}})),
        ("dataset_info.json", json.dumps({"features": {"ner_tags": {"feature": feature(NAMES), "_type": "List"}}})),
        ("dataset_infos.json", json.dumps({"a": {"features": {"tags": feature(NAMES)}}})),
        ("README.md", ONE),
        ("README.md", ONE.replace("\n", "\r\n")),
        ("README.md", ONE.replace("- config_name: default\n", "").replace("\n- ", "\n  - ")),
        ("README.md", card(("x", "pos_tags", ["NOUN", "VERB", "X"]), ("y", "ner_tags", NAMES))),
        ("README.md", card(("en", "ner_tags", NAMES), ("de", "ner_tags", ["O", "B-LOC", "I-LOC"]))),
        ("README.md", "---\nfeatures:\n  - name: ner_tags\n    names:\n    - O\n    - 'B-PER'\n    - \"I-PER\"\n---\n"),
        ("README.md", "---\nfeatures:\n  - name: ner_tags\n    names: [O, B-PER, 'I-PER']\n---\n"),
    ],
)
@pytest.mark.parametrize("above", [False, True])
def test_names_beside_the_file_or_in_the_folder_above(path: Path, name: str, content: str, above: bool) -> None:
    (path.parents[above] / name).write_bytes(content.encode())
    assert entities_of(path) == [("Ada Byron", "PER")]


@pytest.mark.parametrize("content", [None, "# no head\n", "---\nlicense: mit\n---\n", "[" * 100_000])
def test_numbers_without_names_are_refused_and_named_by_the_option(path: Path, content: str | None) -> None:
    for name in ("README.md", "dataset_info.json") if content is not None else ():
        (path.parent / name).write_text(str(content))
    with pytest.raises(CorpusError, match=r"tags are numbers .*--tag-names O,B-PER"):
        list(read(path))
    assert entities_of(path, tag_names=("O", "B-ORG", "I-ORG")) == [("Ada Byron", "ORG")]
    assert list(read(path, options=ReadOptions(texts_only=True)))


def test_configurations_that_differ_and_are_not_in_the_path_are_refused(path: Path) -> None:
    content = card(("fr", "ner_tags", NAMES), ("de", "ner_tags", ["O", "B-LOC", "I-LOC"]))
    (path.parent / "README.md").write_text(content)
    with pytest.raises(CorpusError, match=r"README\.md names different ones .*\(fr, de\).*--tag-names"):
        list(read(path))
    path.write_text(json.dumps({**RECORD, "ner_tags": NAMES[1:] + NAMES[:1]}))
    assert entities_of(path) == [("Ada Byron", "PER")]


def test_a_number_without_a_name_is_refused_with_its_line(path: Path) -> None:
    with pytest.raises(CorpusError, match=r"train\.jsonl:1: no tag has the number 2; there are 2 names"):
        entities_of(path, tag_names=("O", "B-PER"))
